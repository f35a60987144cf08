"""A shop restored from a dump on another server: its cache and its jobs' positions start anew."""

import json
import os
import re
import subprocess
import uuid

import psycopg2
import pytest
from postgres_server import BINARIES, PostgresServer
from souk_process import Souk, run_souk, wait_until

SEED = ["seed", "--products", "50", "--users", "5", "--orders", "5"]
READS = 200


def execute(url, sql, parameters=()):
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows = cursor.fetchall() if cursor.description else []
    connection.close()
    return rows


def metric(client, name):
    text = client.get("/metrics").text
    return sum(float(value) for value in re.findall(rf"^{name}(?:\{{.*?\}})? (\S+)$", text, re.MULTILINE))


def append_events(url, kinds):
    """Appends events of one order, as its transitions would."""
    ((order, user),) = execute(url, "SELECT id, user_id FROM orders LIMIT 1")
    payload = {"orderId": order, "userId": user, "total": 100, "currency": "EUR", "status": "pending", "items": []}
    for kind in kinds:
        execute(url, "INSERT INTO outbox (id, kind, aggregate_id, payload) VALUES (%s, %s, %s, %s)",
                (str(uuid.uuid4()), kind, order, json.dumps(payload)))


def has_hits(client, path):
    """Whether nearly all of many reads are cache hits, with no flush meanwhile."""
    hits, flushes = metric(client, "souk_cache_hits_total"), metric(client, "souk_cache_flushes_total")
    for _ in range(READS):
        client.get(path)
    return (metric(client, "souk_cache_hits_total") - hits > READS * 0.9
            and metric(client, "souk_cache_flushes_total") == flushes)


@pytest.fixture
def older():
    """A cluster whose transaction ids have passed four billion."""
    server = PostgresServer("fsync=off")
    server.stop()
    subprocess.run([BINARIES / "pg_resetwal", "-e", "1", server.data], check=True, cwd="/",
                   stdout=subprocess.DEVNULL, **server.user)
    server.start()
    yield server
    server.remove()


@pytest.fixture
def younger():
    server = PostgresServer("fsync=off")
    yield server
    server.remove()


def test_a_shop_restored_into_a_younger_cluster_has_its_cache_and_its_jobs(older, younger, servers, tmp_path):
    def environment(server):
        return os.environ | {"DATABASE_URL": server.url, "REDIS_URL": servers[1]}

    for command in (["migrate"], SEED):
        done = run_souk(*command, environment=environment(older), cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    dump = tmp_path / "shop.dump"
    with Souk("serve", folder=tmp_path, environment=environment(older)) as souk:
        product = souk.client().get("/api/products?limit=1").json()["items"][0]
        path = f"/api/products/{product['id']}"
        execute(older.url, "UPDATE products SET price = 111 WHERE id = %s", (product["id"],))
        souk.kill()  # with jobs pending
        append_events(older.url, ["order.placed", "order.cancelled"])
        with dump.open("wb") as out:
            subprocess.run([BINARIES / "pg_dump", "-Fc", older.url], check=True, stdout=out)
    with Souk("serve", folder=tmp_path, environment=environment(older)) as souk:
        execute(older.url, "UPDATE products SET price = 222 WHERE id = %s", (product["id"],))
        client = souk.client()
        wait_until(lambda: client.get(path).json()["price"]["amount"] == 222, souk.said)

    subprocess.run([BINARIES / "pg_restore", "--no-owner", "--exit-on-error", "-d", younger.url, dump], check=True)
    assert execute(younger.url, "SELECT count(*) FROM outbox WHERE xid > pg_current_xact_id()") == [(2,)]
    with Souk("serve", "--set", "statistics.max_delay=100ms", folder=tmp_path,
              environment=environment(younger)) as souk:
        client = souk.client()
        assert client.get(path).json()["price"]["amount"] == 111, "Redis tells of what this database never saw"
        wait_until(lambda: execute(younger.url, "SELECT count(*) FROM outbox") == [(0,)], souk.said)
        assert execute(younger.url, "SELECT count(*) FROM dead_letters") == [(0,)]
        wait_until(lambda: has_hits(client, path), lambda: client.get("/metrics").text)
