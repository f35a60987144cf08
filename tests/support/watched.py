"""A shop under observation, and the faults that its alerts are for."""

import contextlib
import itertools
import os
import pathlib
import shutil
import threading
import uuid

import psycopg2
import requests
from haproxy import free_port
from monitoring import Monitoring
from postgres_server import PostgresServer
from redis_server import RedisServer
from souk_process import ANSWER_SECONDS_MAX, Souk, run_souk, wait_until
from webhook_receiver import Receiver

SCALE = 0.05  # five minutes in 15 s
# Six hours in 32 s, half an hour in 2.7 s: windows of the smallest are of few scrapes, those of minutes of none.
QUICK_SCALE = 0.0015
QUICK_INTERVAL = "250ms"
HELD_KIND = "of.a.newer.version"  # no node has a handler for it
HELD_JOBS = ("INSERT INTO outbox (id, kind, aggregate_id, payload, created_at) SELECT gen_random_uuid(), %s, "
             "gen_random_uuid(), '{}', now() - %s::interval FROM generate_series(1, %s)")
SEED = ["seed", "--products", "100", "--users", "5", "--orders", "5", "--admin-token", "admin.txt", "--tokens",
        "tokens.txt"]
SETTINGS = {
    "SOUK_CACHE_PROBE_INTERVAL": "10ms",  # the last 1,000 entries that were probed count
    "SOUK_CHECKOUT_MAX_OPEN_ORDERS_PER_USER": "0", "SOUK_CHECKOUT_MAX_OPEN_UNITS_PER_USER": "0",
    "SOUK_WEBHOOKS_ALLOW_PRIVATE_ADDRESSES": "true", "SOUK_WEBHOOKS_ALLOW_PLAIN_HTTP": "true",
    "SOUK_WEBHOOKS_MAX_PAUSE": "1s"}
CUSTOMERS = 30  # with fewer, the statements of the node itself are more than 95 %
READERS = 3
BUYERS = 8
GROWTH = 400  # jobs, each time
LOCKED_SECONDS = 0.5  # above the objective for orders, below checkout.max_queue_time and the node's lock_timeout
# The control group (version 2) of this process, and so of its children, below /sys/fs/cgroup.
OWN_GROUP = next((line[len("0::/"):] for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines()
                  if line.startswith("0::/")), None)
CAN_ALLOT = os.geteuid() == 0 and OWN_GROUP is not None  # only root can mount
SMALL_MEMORY, LARGE_MEMORY = 30 << 20, 64 << 30  # bytes: less than a shop needs, and more
SMALL_CPU, LARGE_CPU = "2000 100000", "max 100000"  # a fiftieth of a core: less than an idle shop's looks take


@contextlib.contextmanager
def repeated(action, *, threads=1, pause=0.1):
    """Threads that do it again and again until the block is left; what they raise is raised then."""
    stopped = threading.Event()
    errors = []

    def run():
        try:
            while not stopped.wait(pause):
                action()
        except BaseException as error:
            errors.append(error)

    running = [threading.Thread(target=run) for _ in range(threads)]
    for thread in running:
        thread.start()
    try:
        yield
    finally:
        stopped.set()
        for thread in running:
            thread.join()
    if errors:
        raise errors[0]


class Watched:
    """A shop with a PostgreSQL, a Redis and an allotment of its own, and its monitoring: `monitoring`, and `quick` for
    alerts with long windows.
    """

    def __init__(self, folder, stack):
        self.folder = folder
        self.database = PostgresServer()
        stack.callback(self.database.remove)
        (folder / "redis").mkdir()
        self.redis = RedisServer(folder / "redis", free_port())
        stack.callback(self.redis.kill)
        self.environment = os.environ | SETTINGS | {"DATABASE_URL": self.database.url, "REDIS_URL": self.redis.url}
        for command in (["migrate"], SEED):
            done = run_souk(*command, environment=self.environment, cwd=folder)
            assert done.returncode == 0, done.stderr
        self.groups = folder / "groups"
        self.group = self.groups / (OWN_GROUP or "")
        self.group.mkdir(parents=True)
        self.allot()
        place, quick = folder / "shop", folder / "quick"
        place.mkdir()
        quick.mkdir()
        if os.geteuid() == 0:
            shutil.chown(place, os.environ.get("SOUK_PROCESS_USER", "postgres"))
        self.souk = stack.enter_context(Souk("serve", folder=place, environment=self.environment, under=self.alone()))
        self.monitoring = stack.enter_context(Monitoring(folder, self.souk, SCALE))
        self.quick = stack.enter_context(Monitoring(quick, self.souk, QUICK_SCALE, QUICK_INTERVAL, rules_too=True))
        self.admin = self.souk.client((folder / "admin.txt").read_text().strip())
        self.products = [str(row[0]) for row in self.database.query("SELECT id FROM products WHERE is_active")]
        wait_until(lambda: self.monitoring.query("souk:state_database_ready == 1"), self.monitoring.said)

    def alone(self):
        """Runs a command with a folder of this test as its control groups."""
        return () if not CAN_ALLOT else (
            "unshare", "--mount", "sh", "-c", f'mount --bind {self.groups} /sys/fs/cgroup && exec "$@"', "sh")

    def allot(self, *, memory=LARGE_MEMORY, cpu=LARGE_CPU):
        (self.group / "memory.max").write_text(f"{memory}\n")
        (self.group / "cpu.max").write_text(f"{cpu}\n")

    @contextlib.contextmanager
    def little(self, **allotment):
        """As if the node had been given no more than that."""
        self.allot(**allotment)
        try:
            yield
        finally:
            self.allot()

    def customers(self, product=uuid.uuid4, threads=CUSTOMERS):
        """Some who ask all the time for one product after the other; by default for such that are in no cache."""
        def browse():
            with contextlib.suppress(requests.RequestException):
                requests.get(f"{self.souk.url}/api/products/{product()}", timeout=ANSWER_SECONDS_MAX)

        return repeated(browse, threads=threads)

    def readers(self):
        """A few customers who are all answered from the cache."""
        return self.customers(lambda: self.products[0], threads=READERS)

    def buyers(self):
        """Some who order the first product all the time, and try again until the order is placed."""
        self.database.query("UPDATE product_stocks SET quantity = 1000000 WHERE product_id = %s", (self.products[0],))
        tokens = itertools.cycle((self.folder / "tokens.txt").read_text().split())

        def buy():
            client = self.souk.client(next(tokens))
            order = {"items": [{"productId": self.products[0], "quantity": 1}]}
            key = {"Idempotency-Key": str(uuid.uuid4())}

            def is_placed():
                answer = client.post("/api/orders", order, headers=key)
                assert answer.status_code in (201, 503), answer.text
                return answer.status_code == 201

            wait_until(is_placed, self.souk.said)

        return repeated(buy, threads=BUYERS)

    @contextlib.contextmanager
    def locked_products(self):
        """A forgotten transaction: whatever reads products waits, until it is refused."""
        with contextlib.closing(psycopg2.connect(self.database.url)) as connection, connection.cursor() as cursor:
            cursor.execute("LOCK TABLE products IN ACCESS EXCLUSIVE MODE")
            yield

    def locked_stock(self):
        """Another program, one transaction of which after the other locks the stock of what the buyers order."""
        def lock():
            self.database.query(
                "WITH locked AS MATERIALIZED (SELECT FROM product_stocks WHERE product_id = %s FOR UPDATE) "
                "SELECT pg_sleep(%s) FROM locked", (self.products[0], LOCKED_SECONDS))

        return repeated(lock, pause=0)

    @contextlib.contextmanager
    def held_jobs(self, age):
        """Jobs that nobody takes."""
        self.database.query(HELD_JOBS, (HELD_KIND, age, 1))
        try:
            yield
        finally:
            self.database.query("DELETE FROM outbox WHERE kind = %s", (HELD_KIND,))

    @contextlib.contextmanager
    def more_and_more_jobs(self):
        with self.held_jobs("0 s"), repeated(lambda: self.database.query(HELD_JOBS, (HELD_KIND, "0 s", GROWTH))):
            yield

    @contextlib.contextmanager
    def stale_prices(self):
        """A program that writes with triggers off: customers are shown prices that are no more."""
        before = self.prices()
        with contextlib.closing(psycopg2.connect(self.database.url)) as connection, connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute("UPDATE products SET price = price + 1, version = version + 1")
            connection.commit()
        assert self.prices() == before
        try:
            yield
        finally:
            dropped = self.admin.post("/api/cache/drops", {"pattern": "*"})
        assert dropped.ok, dropped.text
        assert self.prices() == [price + 1 for price in before]

    def prices(self):
        """As customers are shown them, so that the cache has each product and its stock."""
        client = self.souk.client()
        return [client.get(f"/api/products/{product}?include=stock").json()["price"]["amount"]
                for product in self.products]

    @contextlib.contextmanager
    def webhook(self):
        """A receiver of orders."""
        with Receiver() as receiver:
            made = self.admin.post("/api/webhooks", {"url": receiver.url, "events": ["order.placed"]})
            assert made.status_code == 201, made.text
            try:
                yield receiver
            finally:
                deleted = self.admin.delete(f"/api/webhooks/{made.json()['id']}")
            assert deleted.status_code == 204, deleted.text
