"""Counts what operations cost a shop with demo data, under callgrind and on the temporary servers."""

import contextlib
import os
import re

import psycopg2
from costs import Cost
from counted_souk import CountedSouk
from operations import OPERATIONS, TIMES, WARM_UP, Peer, Shop, request
from souk_process import BINARY, operator_url, run_souk

SIZE = ("--products", 300, "--users", 20, "--orders", 100)
STATEMENTS, ROWS = "souk_db_statement_duration_seconds_count", "souk_db_rows_total"
LISTENERS = 2  # for the change log and for jobs
# Run by other threads: how many depends on how many changes or jobs they find together.
BACKGROUND = ("cache.", "jobs.claim", "statistics.", "observe.")


def seed(database, folder):
    """Fills an empty database; the same shop on every day."""
    tokens = ("--tokens", folder / "tokens", "--admin-token", folder / "admin")
    for command in (["migrate"], ["seed", *SIZE, *tokens]):
        done = run_souk(*command, environment=os.environ | {"DATABASE_URL": database}, cwd=folder)
        assert done.returncode == 0, done.stdout + done.stderr


def measure(database, redis, folder, names=tuple(OPERATIONS), environment=None, binary=BINARY):
    """The costs of the operations by their names, in a seeded database."""
    settings = {"DATABASE_URL": database, "REDIS_URL": redis} | (environment or {})
    customer, admin = ((folder / file).read_text().split()[0] for file in ("tokens", "admin"))
    with CountedSouk(folder=folder, environment=settings, binary=binary) as souk:
        souk.stop_clocks()
        stop_listening(database)
        shop = Shop(Peer(souk.port), admin, customer)
        return {name: _cost_of(souk, OPERATIONS[name](shop, WARM_UP + TIMES)) for name in names}


def stop_listening(database):
    """Ends the connections by which the shop learns of changes in the database; without a clock it opens no other.

    What follows from a change would otherwise be done now by one thread, now by another: they race for it."""
    with contextlib.closing(psycopg2.connect(database)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                       " WHERE datname = current_database() AND query LIKE 'LISTEN %'")
        assert cursor.rowcount == LISTENERS, cursor.fetchall()


def _cost_of(souk, requests):
    peer, operator = Peer(souk.port), Peer(int(operator_url(souk.url).rsplit(":", 1)[1]))
    _ask_all(peer, requests[:WARM_UP])
    received, database = peer.received, _database_work(operator)
    counts = souk.count(lambda: _ask_all(peer, requests[WARM_UP:]))
    received = peer.received - received
    statements, rows = (after - before for after, before in zip(_database_work(operator), database))
    for one in (peer, operator):
        one.close()
    return Cost(*(total / TIMES for total in (counts.instructions, counts.allocations, counts.system_calls,
                                              statements, rows, received)))


def _ask_all(peer, requests):
    for one in requests:
        status, _, body = peer.exchange(one)
        assert status < 400, (one, body)


def _database_work(operator):
    """How many statements requests have run, and the rows of these."""
    page = operator.exchange(request("GET", "/metrics"))[2].decode()
    return [sum(float(value) for statement, value in re.findall(rf'^{name}{{statement="([^"]+)"}} (\S+)$', page, re.M)
                if not statement.startswith(BACKGROUND)) for name in (STATEMENTS, ROWS)]
