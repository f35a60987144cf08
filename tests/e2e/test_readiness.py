"""What /readyz and `serve` report about a database that Souk cannot use, or can only read."""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import time

import psycopg2
import pytest
from pgbouncer import PgBouncer
from postgres_server import PostgresServer
from souk_process import Souk, run_souk, wait_until
from standby import Standby

NEWER = "INSERT INTO schema_migrations VALUES (9999, '9999_from_the_future.sql', 'x', now(), '1 s')"
SEED = ["seed", "--products", "20", "--users", "5", "--orders", "5"]


def execute(url, sql):
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(sql)
    connection.close()


def environment(url):
    return os.environ | {"DATABASE_URL": url, "REDIS_URL": "", "SOUK_PAYMENTS_SANDBOX": "true"}


def migrate(url, folder):
    done = run_souk("migrate", environment=environment(url), cwd=folder)
    assert done.returncode == 0, done.stderr


def serve_fails(url, folder, *arguments):
    """The one line that `serve` prints before it exits."""
    done = run_souk("serve", "--port", "0", *arguments, environment=environment(url), cwd=folder)
    assert done.returncode == 1, done.stdout + done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("souk: ")
    return lines[0]


def readiness(client):
    answer = client.reasons()
    return answer.status_code, answer.json()["dependencies"]["postgresql"]


def expect_readiness(client, status, state):
    """Checks the worker that serves operators; other workers connect a moment later."""
    wait_until(lambda: readiness(client) == (status, state), lambda: readiness(client))


@pytest.mark.parametrize("spoil, said", [
    (None, "no tables of Souk yet. Run `souk migrate` first."),
    ("DELETE FROM schema_migrations WHERE number > 10", "older than this program"),
    (NEWER, "newer than this program"),
])
def test_serve_refuses_a_schema_that_it_does_not_know(spoil, said, new_database, tmp_path):
    url = new_database()
    if spoil:
        migrate(url, tmp_path)
        execute(url, spoil)
    assert said in serve_fails(url, tmp_path)


@pytest.mark.parametrize("spoil, state", [
    ("DROP TABLE schema_migrations", "unmigrated"),
    ("DELETE FROM schema_migrations WHERE number > 10", "older"),
    (NEWER, "newer"),
    ("UPDATE schema_migrations SET name = '0007_of_another_fork.sql' WHERE number = 7", "other"),
])
def test_a_schema_that_changes_under_a_running_node_makes_it_unready(spoil, state, new_database, tmp_path):
    url = new_database()
    migrate(url, tmp_path)
    with Souk("serve", folder=tmp_path, environment=environment(url)) as souk:
        client = souk.client()
        expect_readiness(client, 200, "up")
        execute(url, "CREATE TABLE kept AS SELECT * FROM schema_migrations")
        execute(url, spoil)
        expect_readiness(client, 503, state)
        execute(url, "DROP TABLE IF EXISTS schema_migrations")
        execute(url, "ALTER TABLE kept RENAME TO schema_migrations")
        expect_readiness(client, 200, "up")


def test_a_role_that_loses_the_right_to_write_is_answered_as_by_a_standby(new_database, tmp_path):
    url = new_database()
    migrate(url, tmp_path)
    tokens = ["--tokens", tmp_path / "tokens.txt", "--admin-token", tmp_path / "admin.txt"]
    assert run_souk(*SEED, *tokens, environment=environment(url), cwd=tmp_path).returncode == 0
    role = f"clerk_{os.getpid()}"
    rights = "INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public"
    execute(url, f"CREATE ROLE {role} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}; "
                 f"GRANT {rights} TO {role}; GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}")
    try:
        with Souk("serve", folder=tmp_path, environment=environment(f"{url}&user={role}")) as souk:
            expect_readiness(souk.client(), 200, "up")
            execute(url, f"REVOKE {rights} FROM {role}")
            expect_only_reads(souk, tmp_path)
            expect_readiness(souk.client(), 503, "read_only")
            execute(url, f"GRANT {rights} TO {role}")
            expect_readiness(souk.client(), 200, "up")
    finally:
        execute(url, f"DROP OWNED BY {role}; DROP ROLE {role}")


@pytest.mark.parametrize("url", [
    "mysql://root:hunter2@localhost/shop",
    "postgresql://souk:hunter2@/postgres?host=/nowhere",
    "postgresql://souk:hunter2@127.0.0.1:1/postgres",
    "SERVER&user=nobody",
    "SERVER&dbname=nothing",
])
def test_a_database_that_cannot_be_had_ends_serve_with_one_sentence(url, servers, tmp_path):
    begun = time.monotonic()
    said = serve_fails(url.replace("SERVER", servers[0]), tmp_path, "--wait", "1s")
    assert "database" in said
    assert "hunter2" not in said
    assert time.monotonic() - begun < 10


@contextlib.contextmanager
def listener_that_says_nothing(_):
    """Accepts connections and never answers, like a pooler whose server is down."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def await_question():
            listener.settimeout(60)
            peer, _ = listener.accept()
            assert peer.recv(1)
            return peer

        yield f"postgresql://souk@127.0.0.1:{listener.getsockname()[1]}/shop", await_question


@contextlib.contextmanager
def frozen_server(_):
    """A PostgreSQL whose processes are all stopped by SIGSTOP: the kernel still accepts connections."""
    server = PostgresServer("fsync=off")
    postmaster = server.process.pid
    children = pathlib.Path(f"/proc/{postmaster}/task/{postmaster}/children")
    try:
        os.kill(postmaster, signal.SIGSTOP)
        stopped = [postmaster, *map(int, children.read_text().split())]
        for pid in stopped[1:]:
            os.kill(pid, signal.SIGSTOP)
        yield server.url, None
        for pid in reversed(stopped):
            os.kill(pid, signal.SIGCONT)
    finally:
        server.process.send_signal(signal.SIGCONT)
        server.remove()


@contextlib.contextmanager
def locked_table(url):
    """A server that answers everything except the last check, of the schema."""
    with contextlib.closing(psycopg2.connect(url)) as owner, owner.cursor() as cursor:
        cursor.execute("LOCK TABLE schema_migrations")

        def await_question():
            def waiting():
                cursor.execute("SELECT FROM pg_locks WHERE relation = 'schema_migrations'::regclass AND NOT granted")
                return cursor.rowcount > 0
            wait_until(waiting, "souk waits for the table")

        yield url, await_question


@contextlib.contextmanager
def pool_of_one(url):
    """A pooler with one connection: the second one that `serve` opens waits for the first."""
    with PgBouncer(url, "session", default_pool_size=1) as pooler:
        yield pooler.url, None


@pytest.mark.parametrize("silent", [listener_that_says_nothing, frozen_server, locked_table, pool_of_one])
def test_a_database_that_does_not_answer_ends_serve_with_one_sentence(silent, new_database, tmp_path):
    url = new_database()
    migrate(url, tmp_path)
    with silent(url) as (address, _):
        said = serve_fails(address, tmp_path, "--wait", "1s")  # within a command's limit of a minute
    assert said == "souk: the database cannot be used, tried for 1s (--wait): the server does not answer"


@pytest.mark.parametrize("silent", [listener_that_says_nothing, locked_table])
def test_serve_can_be_stopped_while_the_database_does_not_answer(silent, new_database, tmp_path):
    url = new_database()
    migrate(url, tmp_path)
    with silent(url) as (address, await_question), \
            Souk("serve", "--wait", "1h", folder=tmp_path, environment=environment(address), ready=None) as souk:
        peer = await_question()
        assert souk.stop() == 0, souk.said()
        del peer  # open until here


def test_serve_refuses_a_database_of_another_encoding(new_database, tmp_path):
    url = new_database()
    name = psycopg2.extensions.parse_dsn(url)["dbname"]
    latin = f"{name}_latin"
    execute(url, f"CREATE DATABASE {latin} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    try:
        said = serve_fails(psycopg2.extensions.make_dsn(url, dbname=latin), tmp_path)
        assert f'The database "{latin}" has the encoding LATIN1' in said
    finally:
        execute(url, f"DROP DATABASE {latin}")


def test_a_database_that_comes_in_time_is_waited_for(tmp_path):
    database = PostgresServer("fsync=off")
    try:
        migrate(database.url, tmp_path)
        database.stop()
        with Souk("serve", "--wait", "1m", folder=tmp_path, environment=environment(database.url),
                  ready=None) as souk:
            with pytest.raises(subprocess.TimeoutExpired):
                souk.process.wait(1)
            database.start()
            souk.await_ready()
            database.stop()
            expect_readiness(souk.client(), 503, "down")
            database.start()  # a node that was ready once waits without limit
            expect_readiness(souk.client(), 200, "up")
    finally:
        database.remove()


@pytest.fixture
def primary(tmp_path):
    server = PostgresServer("fsync=off")
    migrate(server.url, tmp_path)
    tokens = ["--tokens", tmp_path / "tokens.txt", "--admin-token", tmp_path / "admin.txt"]
    done = run_souk(*SEED, *tokens, environment=environment(server.url), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    yield server
    server.remove()


@pytest.fixture
def standby(primary):
    server = Standby(primary, "fsync=off")
    yield server
    server.remove()


def expect_only_reads(souk, folder):
    token = (folder / "tokens.txt").read_text().split()[0]
    client = souk.client(token)
    products = client.get("/api/products").json()["items"]
    assert client.get(f"/api/products/{products[0]['id']}").status_code == 200
    assert client.get("/api/users/me").status_code == 200
    order = {"items": [{"productId": products[0]["id"], "quantity": 1}]}
    for answer in (client.post("/api/orders", order, headers={"Idempotency-Key": "a"}),
                   client.post("/api/reservations", order),
                   souk.client().post("/api/users", {"email": "a@example.com", "name": "A",
                                                     "password": "correct horse battery"}),
                   client.patch("/api/users/me", {"name": "B"})):
        assert (answer.status_code, answer.json()["code"]) == (503, "read_only"), answer.text
    return client, products[0]["id"]


def test_a_read_only_node_serves_reads_from_a_standby(primary, standby, tmp_path):
    # A read-only node needs no payment provider.
    settings = environment(standby.url) | {"SOUK_PAYMENTS_SANDBOX": "false"}
    with Souk("serve", "--read-only", folder=tmp_path, environment=settings) as souk:
        client, product = expect_only_reads(souk, tmp_path)
        expect_readiness(client, 200, "standby")
        path = f"/api/products/{product}"
        execute(primary.url, f"UPDATE products SET price = 4711 WHERE id = '{product}'")
        wait_until(lambda: client.get(path).json()["price"]["amount"] == 4711, "what is replicated is seen")

        standby.promote()
        expect_readiness(client, 200, "read_only")
        expect_only_reads(souk, tmp_path)
        log = souk.log.read_text()
        assert "error" not in {line.split('"level":"')[1].split('"')[0] for line in log.splitlines()}, log


def test_a_node_that_may_write_is_not_ready_on_a_standby_until_it_is_promoted(standby, tmp_path):
    with Souk("serve", folder=tmp_path, environment=environment(standby.url), ready=503) as souk:
        client, product = expect_only_reads(souk, tmp_path)
        expect_readiness(client, 503, "standby")
        standby.promote()
        expect_readiness(client, 200, "up")
        order = {"items": [{"productId": product, "quantity": 1}]}
        answer = client.post("/api/orders", order, headers={"Idempotency-Key": "b"})
        assert answer.status_code in (201, 422), answer.text
