"""Two nodes on one PostgreSQL and one Redis, under load: no writer reads a value older than its own write.

    SOUK_CONSISTENCY_READS=100000 tools/with-servers /usr/bin/python3 -m pytest tests/chaos/test_consistency.py -s
"""

import itertools
import os
import re
import statistics
import subprocess
import time

import psycopg2
import pytest
from consistency import PRODUCTS, Checker
from redis_server import RedisServer
from souk_process import BINARY, Souk, end_with_parent, run_souk, wait_until

READS = int(os.environ.get("SOUK_CONSISTENCY_READS", "20000"))
BEHIND_MAX = 0.1  # seconds by which a read on the other node may be stale
PROBES = int(os.environ.get("SOUK_CONSISTENCY_PROBES", "20000"))  # on each node
LONG_TRANSACTION = 0.2  # seconds: how old its rows' timestamps are when they are committed
WRITE_PAUSE = 0.1  # about one write for a hundred reads
USERS = 150  # of the load that runs at the same time, on each node
_numbers = itertools.count(1)


class TwoNodes:
    def __init__(self, database, folder):
        self.database = database
        self.redis = RedisServer(folder)
        # Each node has its own role, so that one node alone can be denied access.
        self.role = f"node_{os.getpid()}_{next(_numbers)}"
        self.execute(f"CREATE ROLE {self.role} LOGIN SUPERUSER")
        environment = {"DATABASE_URL": database, "REDIS_URL": self.redis.url}
        for command in (["migrate"], ["seed", "--products", "2000", "--users", "200", "--orders", "100"]):
            done = run_souk(*command, environment=os.environ | environment, cwd=folder)
            assert done.returncode == 0, done.stderr
        self.nodes = []
        for name, url in (("writer", database), ("other", database.replace("souk@", f"{self.role}@"))):
            place = folder / name
            place.mkdir()
            self.nodes.append(Souk("serve", "--set", "runtime.workers=1", "--set", "cache.probe_interval=20ms",
                                   folder=place, environment=environment | {"DATABASE_URL": url}))
        self.folder = folder

    def execute(self, sql):
        with psycopg2.connect(self.database) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []

    def load(self, node):
        """The load tester's default mix, with think times."""
        return subprocess.Popen(
            [BINARY, "loadtest", "run", "normal_load", "--users", str(USERS), "--duration", "600s", "--ramp-up", "1s",
             "--url", node.url, "--tokens", self.folder / "souk-tokens.txt", "--no-audit"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=end_with_parent)

    def lock_out(self, node_is_out):
        self.execute(f"ALTER ROLE {self.role} {'NOLOGIN' if node_is_out else 'LOGIN'}")
        if node_is_out:
            self.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{self.role}'")

    def stop(self):
        for node in self.nodes:
            with node:
                pass
        self.redis.kill()


@pytest.fixture
def two_nodes(new_database, new_folder):
    nodes = TwoNodes(new_database(), new_folder())
    yield nodes
    nodes.stop()


@pytest.mark.slow
def test_no_read_is_behind_its_writer(two_nodes):
    writer, other = two_nodes.nodes
    category = two_nodes.execute("SELECT category_id FROM products WHERE is_active GROUP BY 1 "
                                 "ORDER BY count(*) DESC LIMIT 1")[0][0]
    products = [row[0] for row in two_nodes.execute(
        f"SELECT id FROM products WHERE category_id = '{category}' AND is_active ORDER BY id DESC LIMIT {PRODUCTS}")]
    token = (two_nodes.folder / "souk-admin-token.txt").read_text().strip()
    execute_on = psycopg2.connect(two_nodes.database)
    execute_on.autocommit = True
    loads = [two_nodes.load(node) for node in two_nodes.nodes]
    checker = Checker(writer.url, other.url, token, products, category, execute_on.cursor().execute, WRITE_PAUSE)
    part = READS // 4

    def read_on(stage):
        goal = checker.reads() + part
        wait_until(lambda: checker.stopping.is_set() or checker.reads() >= goal,
                   lambda: f"{stage}: {checker.other}\n{other.said()}", seconds=120)
        print(f"{stage}:\n  writer: {checker.writer}\n  other:  {checker.other}")

    try:
        with checker:
            read_on("all is well")
            two_nodes.redis.kill()
            read_on("without Redis")
            two_nodes.redis.start()
            read_on("Redis is back, empty")
            checker.cut_off = True
            two_nodes.lock_out(True)
            wait_until(lambda: checker.stopping.is_set() or checker.other.marked > 100, "answers marked as stale")
            two_nodes.lock_out(False)
            read_on("the other node was cut off from the database")
    finally:
        for load in loads:
            load.kill()
            load.wait()
    delays = sorted(checker.delays)
    print(f"{len(delays)} commits behind the nodes' backs: p50 {statistics.median(delays) * 1000:.1f} ms, "
          f"p99 {delays[int(len(delays) * 0.99)] * 1000:.1f} ms until served")
    assert checker.reads() >= READS
    assert checker.writer.stale == 0, str(checker.writer)
    assert checker.other.worst <= BEHIND_MAX, str(checker.other)


def probes(node, result):
    page = node.client().get("/metrics").text
    found = re.search(rf'^souk_cache_probes_total{{result="{result}"}} (\S+)$', page, re.MULTILINE)
    return float(found.group(1)) if found else 0


@pytest.mark.slow
def test_the_prober_finds_nothing_stale_among_stocks_that_everybody_changes(two_nodes):
    hot = [row[0] for row in two_nodes.execute(
        "SELECT product_id FROM order_items GROUP BY 1 ORDER BY count(*) DESC LIMIT 20")]
    by_hand = psycopg2.connect(two_nodes.database)
    loads = [two_nodes.load(node) for node in two_nodes.nodes]
    try:
        with by_hand.cursor() as cursor:
            while not all(probes(node, "current") + probes(node, "stale") >= PROBES for node in two_nodes.nodes):
                cursor.execute("UPDATE product_stocks SET quantity = quantity + 1 "
                               "WHERE product_id = ANY(%s::uuid[])", (hot,))
                time.sleep(LONG_TRANSACTION)
                by_hand.commit()
                for product, node in itertools.product(hot, two_nodes.nodes):
                    assert node.client().get(f"/api/products/{product}/stock").status_code == 200
    finally:
        for load in loads:
            load.kill()
            load.wait()
        by_hand.close()
    for node in two_nodes.nodes:
        assert probes(node, "stale") == 0, node.said()
