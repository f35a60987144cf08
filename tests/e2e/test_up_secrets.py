"""`souk up` leaves no secrets readable in its data folder or in the process table."""

import os
import pathlib
import stat

import psycopg2
import pytest
from conftest import PASSWORD
from souk_process import Client, Souk, run_souk

EMAIL = "alice.in.the.log@example.com"
OLD_DEMO_PASSWORD = "souk-demo-password"


@pytest.fixture
def data(new_folder):
    return new_folder() / "data"


def texts(data):
    """The text of every file below `data`, except the database's files and those meant for secrets."""
    own = {data / name for name in ("admin-token.txt", "loadtest-tokens.txt", "demo-password.txt")}
    return {path: path.read_bytes() for path in data.rglob("*")
            if path.is_file() and data / "postgres" not in path.parents and path not in own}


def on_database(data, sql, parameters=()):
    folder = os.open(data / "postgres", os.O_RDONLY)  # the folder's own path may be too long for a socket
    try:
        connection = psycopg2.connect(f"postgresql://souk@/souk?host=/proc/self/fd/{folder}")
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall() if cursor.description else []
    finally:
        os.close(folder)


def test_no_file_tells_who_bought_or_with_what_password(data):
    with Souk("up", "--data", data, folder=data.parent) as souk:
        shop = souk.client()
        user = {"email": EMAIL, "password": PASSWORD, "name": "Alice"}
        assert shop.post("/api/users", user).status_code == 201
        assert shop.post("/api/users", user).status_code == 409
        session = shop.post("/api/sessions", {"email": EMAIL, "password": PASSWORD}).json()
        assert Client(souk.url, session["token"]).get("/api/users/me").status_code == 200
        (hash_of_password,), = on_database(data, "SELECT password_hash FROM users WHERE email = %s", (EMAIL,))
        for slow in ("SELECT pg_sleep(1.1), %s", "SELECT pg_sleep(1.1) FROM users WHERE email = %s"):
            on_database(data, slow, (EMAIL,))
        for refused in ("INSERT INTO users SELECT * FROM users WHERE email = %s", "SELECT %s::uuid"):
            with pytest.raises(psycopg2.Error):
                on_database(data, refused, (EMAIL,))

        password = (data / "demo-password.txt").read_text().strip()
        (email,), = on_database(data, "SELECT email FROM users WHERE role = 'customer' ORDER BY id LIMIT 1")
        for tried, status in ((OLD_DEMO_PASSWORD, 401), (password, 201)):
            assert shop.post("/api/sessions", {"email": email, "password": tried}).status_code == status
    for name in ("admin-token.txt", "loadtest-tokens.txt", "demo-password.txt"):
        assert stat.S_IMODE((data / name).stat().st_mode) == 0o600
    found = texts(data)
    assert {data / "postgres.log", data / "redis.log"} <= set(found)
    for secret in (EMAIL, hash_of_password, "argon2id", session["token"], PASSWORD, password):
        assert not [path for path, text in found.items() if secret.encode() in text], secret


@pytest.fixture
def database(new_database):
    url = new_database()
    done = run_souk("migrate", "--database-url", url)
    assert done.returncode == 0, done.stderr
    return url


def test_secrets_of_the_command_line_leave_the_process_table(servers, database, new_folder):
    with_password = database.replace("souk@", "souk:hunter2@")
    with Souk("serve", "--database-url", with_password, "--set",
              "payments.webhook_secret=hunter2-and-sixteen-more", folder=new_folder(),
              environment={"REDIS_URL": servers[1]}) as souk:
        arguments = pathlib.Path(f"/proc/{souk.process.pid}/cmdline").read_bytes()
    assert b"serve" in arguments and b"--database-url" in arguments
    assert b"hunter2" not in arguments and b"postgresql" not in arguments


def test_a_variable_that_is_no_setting_is_said_in_the_log(servers, database, new_folder):
    environment = {"DATABASE_URL": database, "REDIS_URL": servers[1], "SOUK_HTTP_PROT": "9000"}
    with Souk("serve", folder=new_folder(), environment=environment) as souk:
        log = souk.log.read_text()
    assert '"event":"setting_unknown"' in log and "did you mean SOUK_HTTP_PORT?" in log


def test_commands_find_the_shop_of_a_data_folder(data):
    json = data.parent / "report.json"
    with Souk("up", "--data", data, folder=data.parent) as souk:
        done = run_souk("loadtest", "run", "normal_load", "--data", data, "--users", 5, "--duration", "1s", "--json", json,
                        cwd=data.parent)
        assert done.returncode in (0, 1), done.stderr  # missed budgets do not matter here
        assert "stock" in done.stdout and "no audit will be possible" not in done.stderr
        assert json.read_text().startswith("{")
        shown = run_souk("cache", "show", "categories", "--data", data)
        assert shown.returncode == 0, shown.stderr
        assert (data / "url.txt").read_text().splitlines()[0] == souk.url
        nowhere = run_souk("loadtest", "run", "normal_load", "--data", data, "--json", data / "no" / "report.json")
        assert nowhere.returncode == 2
        assert "--json: cannot write" in nowhere.stderr and "No such file" in nowhere.stderr
    assert not (data / "url.txt").exists()


def test_a_shop_without_the_administrator_gets_no_token_and_no_file(database, new_folder):
    folder = new_folder()
    done = run_souk("seed", "--tokens-only", "--database-url", database, cwd=folder)
    assert done.returncode == 1
    assert "no token was made" in done.stderr and "token" not in done.stdout
    assert list(folder.iterdir()) == []
