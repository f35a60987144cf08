"""The database is down while clients read: they still get what was cached before.

    SOUK_OUTAGE_SECONDS=30 tools/with-servers /usr/bin/python3 -m pytest tests/chaos/test_outage.py -s
"""

import os
import signal
import threading
import time

import pytest
from consistency import Connection
from postgres_server import PostgresServer
from souk_process import Client, Souk, run_souk, wait_until

OUTAGE_SECONDS = float(os.environ.get("SOUK_OUTAGE_SECONDS", "3"))
READERS = 4


@pytest.fixture
def database():
    server = PostgresServer("fsync=off")
    yield server
    server.remove()


@pytest.fixture
def shop(database, servers, tmp_path):
    environment = os.environ | {"DATABASE_URL": database.url, "REDIS_URL": servers[1]}
    for command in (["migrate"], ["seed", "--products", "300", "--users", "10", "--orders", "10"]):
        done = run_souk(*command, environment=environment, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    with Souk("serve", folder=tmp_path, environment={k: environment[k] for k in ("DATABASE_URL", "REDIS_URL")}) as souk:
        yield souk


class Readers:
    """Read the same pages repeatedly, and count the answers."""

    def __init__(self, url, paths):
        self.url, self.paths = url, paths
        self.stopping = threading.Event()
        self.answers = {}
        self.failures = []
        self.stale = 0
        self.slowest = 0.0
        self.threads = [threading.Thread(target=self.read) for _ in range(READERS)]

    def read(self):
        try:
            self.read_until_stopped(Connection(self.url))
        except OSError as error:
            self.failures.append(repr(error))

    def read_until_stopped(self, connection):
        while not self.stopping.is_set():
            for path in self.paths:
                begun = time.monotonic()
                status, head, _ = connection.exchange("GET", path)
                self.slowest = max(self.slowest, time.monotonic() - begun)
                self.answers[status] = self.answers.get(status, 0) + 1
                self.stale += "detail=stale" in head and "\r\nAge: " in head

    def said(self):
        """For a failed wait: what they have seen, and what the shop says of itself."""
        metrics = Client(self.url).get("/metrics").text.splitlines()
        told = [line for line in metrics if line.startswith(("souk_cache_", "souk_database_", "souk_http_timeouts"))]
        return "\n".join([f"{self.answers}, {self.stale} stale, {self.failures}, slowest {self.slowest:.1f} s", *told])

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()


def warm_paths(souk):
    client = souk.client()
    items = client.get("/api/products").json()["items"]
    paths = ["/api/products", "/api/categories", *[f"/api/products/{item['id']}" for item in items],
             f"/api/products/{items[0]['id']}/stock"]
    for path in paths:
        assert client.get(path).status_code == 200
    return paths


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
def test_no_reader_of_a_warm_page_notices_that_the_database_is_away(shop, database, how):
    with Readers(shop.url, warm_paths(shop)) as readers:
        wait_until(lambda: readers.answers.get(200, 0) > 500, "readers")
        database.stop(how)
        time.sleep(OUTAGE_SECONDS)
        wait_until(lambda: readers.stale > 0, lambda: f"stale answers: {readers.said()}\n{shop.said()}")
        database.start()
        wait_until(lambda: shop.client().get("/readyz").status_code == 200, "the shop is ready again")
        seen = readers.answers[200]
        wait_until(lambda: readers.answers[200] > seen + 500, "readers")
    print(f"{readers.answers} answers, {readers.stale} of them stale, the slowest {readers.slowest * 1000:.0f} ms")
    assert (set(readers.answers), readers.failures) == ({200}, [])
    client = shop.client()
    wait_until(lambda: "Cache-Status" not in client.get("/api/products").headers, "fresh answers")


@pytest.mark.slow
def test_a_database_that_hangs_costs_its_readers_the_soft_timeout_and_no_more(shop, database):
    paths = warm_paths(shop)
    workers = [int(pid) for pid in os.popen(f"pgrep -P {database.process.pid}").read().split()]
    with Readers(shop.url, paths) as readers:
        wait_until(lambda: readers.answers.get(200, 0) > 500, "readers")
        for pid in [database.process.pid, *workers]:
            os.kill(pid, signal.SIGSTOP)
        wait_until(lambda: readers.stale > 500, "stale answers")
        for pid in [*workers, database.process.pid]:
            os.kill(pid, signal.SIGCONT)
    assert (set(readers.answers), readers.failures) == ({200}, [])
