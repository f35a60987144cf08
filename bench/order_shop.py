"""A shop that does nothing but take orders, and what they cost its PostgreSQL."""

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build/release"
ENDLESS = 900_000_000  # units of each product
TICKS = os.sysconf("SC_CLK_TCK")


def durable_server():
    """The URL of a temporary PostgreSQL on disk, with fsync; if there is none yet, runs this script again with one."""
    server = os.environ.get("SOUK_TEST_DATABASE_URL")
    if not server:
        os.execv(ROOT / "tools/with-servers", ["with-servers", "--durable", sys.executable, *sys.argv])
    return server


def sql(url, statement):
    done = subprocess.run(["psql", "-XqtA", "-d", url, "-c", statement], check=True, capture_output=True,
                          text=True)
    return done.stdout.split("\n")[:-1]


def create_database(server, name):
    """Returns its URL."""
    sql(server, f"CREATE DATABASE {name}")
    return f"{server}&dbname={name}"  # a later dbname wins


def copy_tables(source, target, tables):
    """Copies columns of tables, parents first: `tables` has the columns by the table's name."""
    for table, columns in tables.items():
        rows = subprocess.run(["psql", "-Xq", "-d", source, "-c", f"COPY (SELECT {columns} FROM {table}) TO STDOUT"],
                              check=True, capture_output=True).stdout
        subprocess.run(["psql", "-Xq", "-d", target, "-c", f"COPY {table} ({columns}) FROM STDIN"], check=True, input=rows)


def postgres_cpu(url):
    """The CPU seconds that all processes of the server have used so far."""
    postmaster = sql(url, "SELECT pg_read_file('postmaster.pid', 0, 20)")[0].split()[0]
    total = 0.0
    for entry in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        # utime, stime, and cutime and cstime (of ended children)
        if entry.parent.name == postmaster or fields[1] == postmaster:
            count = 15 if entry.parent.name == postmaster else 13
            total += sum(int(field) for field in fields[11:count]) / TICKS
    return total


class Node:
    """A process that serves a shop within `with`."""

    def __init__(self, shop, *settings):
        self.shop = shop
        self.flags = [word for setting in ("log.level=error", *settings) for word in ("--set", setting)]

    def __enter__(self):
        self.process = subprocess.Popen(
            [self.shop.binary, "serve", "--port", "0", *self.flags], cwd=self.shop.folder,
            env={**os.environ, "SOUK_PAYMENTS_SANDBOX": "true", "DATABASE_URL": self.shop.url, "REDIS_URL": ""},
            stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        self.address = re.search(r"http://[\d.]+:\d+", line).group(0)
        while True:
            try:
                if urllib.request.urlopen(self.address + "/readyz").status == 200:
                    return self
            except OSError:
                time.sleep(0.01)

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


class Load:
    """`souk loadtest` with flows of a scenario, its orders alone unless `mix` says else, sent to `address`, of a shop or
    of a peer that knows its buyers."""

    def __init__(self, shop, address, seconds, *more, scenario="normal_load", mix="order=1"):
        self.shop, stem = shop, shop.folder / address.rsplit(":", 1)[1]
        self.report, self.acknowledged = stem.with_suffix(".json"), stem.with_suffix(".acknowledged")
        self.acknowledged.unlink(missing_ok=True)
        self.process = shop.start("loadtest", "run", scenario, "--url", address, "--database-url", shop.url, "--tokens",
                                  shop.folder / "tokens", "--json", self.report, "--mix", mix, "--duration",
                                  f"{seconds + 2}s", "--ramp-up", "2s", "--no-audit", "--acknowledged", self.acknowledged,
                                  *more)

    def wait_until_begun(self):
        """Returns when it has read the books that the audit compares with, and begins to order."""
        while self.process.poll() is None and not (self.acknowledged.exists() and self.acknowledged.stat().st_size):
            time.sleep(0.01)

    def orders(self):
        """The ids of all acknowledged orders, after its end."""
        return set(re.findall(r"^order (\S+) \S+\n", self.acknowledged.read_text(), re.MULTILINE))

    def result(self):
        """Its report, after its end."""
        said = self.process.communicate()[0]
        # Requests that an open model could not send before the end are not errors of the shop.
        if not re.search(r"errors by kind:  (none|unsent: \d+)\n", said):
            raise SystemExit(said)
        return json.loads(self.report.read_text())

    def audit(self):
        """Ends the script unless all acknowledged orders are there once, and the shop's books add up."""
        said = self.shop.run("loadtest", "audit", "--database-url", self.shop.url, "--acknowledged", self.acknowledged)
        if "audit: clean" not in said:
            raise SystemExit(said)


class Shop:
    """One build with a demo shop of unlimited stock in its own database; a node of it serves within `with`."""

    def __init__(self, binary, url, folder, *seeded):
        self.binary, self.url, self.folder = binary, url, folder
        folder.mkdir()
        self.run("migrate", "--database-url", url)
        self.run("seed", "--database-url", url, "--orders", "1000", "--tokens", folder / "tokens",
                 "--admin-token", folder / "admin", *seeded)
        sql(url, f"UPDATE product_stocks SET quantity = {ENDLESS}")
        sql(url, "VACUUM FULL ANALYZE product_stocks")
        self.users = sql(url, "SELECT id FROM users WHERE role = 'customer'")
        self.products = sql(url, "SELECT id FROM products WHERE is_active ORDER BY md5(id::text)")

    def start(self, *arguments):
        # The load of every build comes from this one.
        binary = BUILD / "souk" if arguments[:2] == ("loadtest", "run") else self.binary
        return subprocess.Popen([binary, *map(str, arguments)], cwd=self.folder, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)

    def run(self, *arguments):
        return self.start(*arguments).communicate()[0]

    def __enter__(self):
        self.node = Node(self).__enter__()
        return self

    def __exit__(self, *_):
        self.node.__exit__()

    def load(self, seconds, *more, audit=True, mix="order=1", watch=None):
        """Returns the load test's report, and PostgreSQL's CPU microseconds for each answer. The context `watch` lasts
        from the load's beginning to its end, without what is read of the books before and of the orders afterwards."""
        sql(self.url, "CHECKPOINT")  # creating a WAL segment takes 40 ms; in production segments are recycled
        load = Load(self, self.node.address, seconds, *more, mix=mix)
        load.wait_until_begun()
        with watch or contextlib.nullcontext():
            before = postgres_cpu(self.url)
            report = load.result()
            cost = postgres_cpu(self.url) - before
        if audit:  # not before: it reads all orders that there are
            load.audit()
        return report, cost * 1e6 / report["all"]["answers"]
