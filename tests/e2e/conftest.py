"""A seeded shop for each test worker, on the temporary servers of tools/with-servers.

    tools/with-servers /usr/bin/python3 -m pytest tests -n 2

SOUK_BINARY names the binary; build/release/souk by default.
"""

import contextlib
import fcntl
import hashlib
import itertools
import os
import pathlib
import shutil
import tempfile

import psycopg2
import pytest
from contract import ADDRESS, Market
from souk_process import BINARY, Client, Souk, run_souk

PASSWORD = "correct horse battery staple"
DEMO = {"products": 300, "users": 20, "orders": 100}
_numbers = itertools.count(1)


class Shop:
    """A running shop with the demo data, and clients for its users."""

    def __init__(self, souk, database_url, admin_token):
        self.souk = souk
        self.database_url = database_url
        self.admin_token = admin_token

    def anonymous(self):
        return self.souk.client()

    def admin(self):
        return self.souk.client(self.admin_token)

    def register(self, address=True):
        """Registers a customer, who gets a default address, and returns a signed-in client with `email` and `user` set."""
        email = f"customer{next(_numbers)}.{os.getpid()}@example.com"
        made = self.anonymous().post("/api/users", {"email": email, "password": PASSWORD, "name": "A Customer"})
        assert made.status_code == 201, made.text
        answer = self.anonymous().post("/api/sessions", {"email": email, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        client = Client(self.souk.url, answer.json()["token"])
        client.email, client.user = email, answer.json()["user"]
        if address:
            assert client.post("/api/users/me/addresses", ADDRESS).status_code == 201
        return client

    def query(self, sql, parameters=()):
        """Runs and commits one statement directly in the database; returns its rows."""
        with psycopg2.connect(self.database_url) as connection, connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="session")
def demo(servers):
    """The name of a seeded template database, and the folder with the files of its tokens.

    The first test worker creates it, one for each binary, because the binary contains migrations and seed.
    """
    server = servers[0]
    name = f"demo_{hashlib.sha256(BINARY.read_bytes()).hexdigest()[:16]}"
    folder = pathlib.Path(tempfile.gettempdir()) / name
    with (folder.parent / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        connection = psycopg2.connect(server)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM pg_database WHERE datname = %s", (name,))
            if cursor.rowcount == 0:
                unfinished = f"{name}_unfinished"
                cursor.execute(f"DROP DATABASE IF EXISTS {unfinished} WITH (FORCE)")
                cursor.execute(f"CREATE DATABASE {unfinished}")
                folder.mkdir(exist_ok=True)
                fill(f"{server}&dbname={unfinished}", folder)
                cursor.execute(f"ALTER DATABASE {unfinished} RENAME TO {name}")
        connection.close()
    return name, folder


def fill(database, folder):
    sizes = itertools.chain.from_iterable((f"--{name}", count) for name, count in DEMO.items())
    tokens = ["--tokens", folder / "tokens.txt", "--admin-token", folder / "admin.txt"]
    for command in (["migrate"], ["seed", *sizes, *tokens]):
        done = run_souk(*command, environment=os.environ | {"DATABASE_URL": database}, cwd=folder)
        assert done.returncode == 0, done.stdout + done.stderr


@contextlib.contextmanager
def shops(servers, demo, new_database, new_folder):
    running = []

    def start(*arguments, environment=None):
        folder = new_folder()
        for file in demo[1].iterdir():
            shutil.copy(file, folder)
        database = new_database(template=demo[0])
        # A test's customer places more orders than the default limits allow.
        unlimited = {f"SOUK_CHECKOUT_MAX_OPEN_{what}_PER_USER": "0" for what in ("ORDERS", "UNITS")}
        settings = os.environ | {"DATABASE_URL": database, "REDIS_URL": servers[1]} | unlimited
        souk = Souk("serve", *arguments, folder=folder, environment=settings | (environment or {}))
        running.append(souk)
        return Shop(souk, database, (folder / "admin.txt").read_text().strip())

    yield start
    for souk in running:
        with souk:  # stops it, and checks its exit status
            pass


@pytest.fixture(scope="module")
def start_shop(servers, demo, new_database, new_folder):
    """Starts a new shop on each call, until the module's end; `arguments` are flags of `souk serve`."""
    with shops(servers, demo, new_database, new_folder) as start:
        yield start


@pytest.fixture(scope="session")
def start_shared_shop(servers, demo, new_database, new_folder):
    with shops(servers, demo, new_database, new_folder) as start:
        yield start


@pytest.fixture(scope="session")
def shop(start_shared_shop):
    """The test worker's shop. Tests share it: they add data, and do not change other tests' data."""
    return start_shared_shop()


@pytest.fixture(scope="session")
def api_shop(start_shared_shop):
    """A shop whose answers report their number of statements; tests may fill it with any data."""
    return start_shared_shop("--set", "telemetry.server_timing=true")


@pytest.fixture(scope="session")
def market(api_shop):
    return Market(api_shop)
