"""A seeded shop per test worker, on the throwaway servers of tools/with-servers.

    tools/with-servers /usr/bin/python3 -m pytest tests -n 2

SOUK_BINARY names the binary; build/release/souk by default.
"""

import itertools
import os

import psycopg2
import pytest
from contract import Market
from souk_process import Client, Souk, run_souk

PASSWORD = "correct horse battery staple"
DEMO = {"products": 300, "users": 20, "orders": 100}
_numbers = itertools.count(1)


class Shop:
    """A shop with the demo data, and people in it."""

    def __init__(self, souk, database_url, admin_token):
        self.souk = souk
        self.database_url = database_url
        self.admin_token = admin_token

    def anonymous(self):
        return self.souk.client()

    def admin(self):
        return self.souk.client(self.admin_token)

    def register(self):
        """A new customer's signed-in client; `email` and `user` are set on it."""
        email = f"customer{next(_numbers)}.{os.getpid()}@example.com"
        made = self.anonymous().post("/api/users", {"email": email, "password": PASSWORD, "name": "A Customer"})
        assert made.status_code == 201, made.text
        answer = self.anonymous().post("/api/sessions", {"email": email, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        client = Client(self.souk.url, answer.json()["token"])
        client.email, client.user = email, answer.json()["user"]
        return client

    def query(self, sql, parameters=()):
        """The rows of one statement, straight from the database; committed."""
        with psycopg2.connect(self.database_url) as connection, connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="session")
def start_shop(servers, new_database, new_folder):
    """Starts a shop of its own with each call, `arguments` being flags of `souk serve`."""
    running = []

    def start(*arguments, environment=None):
        folder = new_folder()
        database = new_database()
        # A customer of the tests orders more than people do.
        unlimited = {f"SOUK_CHECKOUT_MAX_OPEN_{what}_PER_USER": "0" for what in ("ORDERS", "UNITS")}
        settings = os.environ | {"DATABASE_URL": database, "REDIS_URL": servers[1]} | unlimited
        tokens = ["--tokens", folder / "tokens.txt", "--admin-token", folder / "admin.txt"]
        sizes = itertools.chain.from_iterable((f"--{name}", count) for name, count in DEMO.items())
        for command in (["migrate"], ["seed", *sizes, *tokens]):
            done = run_souk(*command, environment=settings, cwd=folder)
            assert done.returncode == 0, done.stdout + done.stderr
        souk = Souk("serve", *arguments, folder=folder, environment=settings | (environment or {}))
        running.append(souk)
        return Shop(souk, database, (folder / "admin.txt").read_text().strip())

    yield start
    for souk in running:
        with souk:  # stops it, and looks at its exit status
            pass


@pytest.fixture(scope="session")
def shop(start_shop):
    """The worker's own shop. Tests share it: they add to it and leave what others made alone."""
    return start_shop()


@pytest.fixture(scope="session")
def api_shop(start_shop):
    """A shop whose answers say how many statements they took, for tests that fill it as they like."""
    return start_shop("--set", "telemetry.server_timing=true")


@pytest.fixture(scope="session")
def market(api_shop):
    return Market(api_shop)
