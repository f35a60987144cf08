"""A shop that does nothing but take orders, and what they cost its PostgreSQL."""

import json
import os
import pathlib
import re
import signal
import subprocess
import time
import urllib.request

ENDLESS = 900_000_000  # units of each product
TICKS = os.sysconf("SC_CLK_TCK")


def sql(url, statement):
    done = subprocess.run(["psql", "-XqtA", "-d", url, "-c", statement], check=True, capture_output=True,
                          text=True)
    return done.stdout.split("\n")[:-1]


def create_database(server, name):
    """Returns its URL."""
    sql(server, f"CREATE DATABASE {name}")
    return f"{server}&dbname={name}"  # a later dbname wins


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


class Shop:
    """One build with a demo shop of unlimited stock in its own database; serves within `with`."""

    def __init__(self, binary, url, folder):
        self.binary, self.url, self.folder = binary, url, folder
        folder.mkdir()
        self.run("migrate", "--database-url", url)
        self.run("seed", "--database-url", url, "--orders", "1000", "--tokens", folder / "tokens",
                 "--admin-token", folder / "admin")
        sql(url, f"UPDATE product_stocks SET quantity = {ENDLESS}")
        sql(url, "VACUUM FULL ANALYZE product_stocks")
        self.users = sql(url, "SELECT id FROM users WHERE role = 'customer'")
        self.products = sql(url, "SELECT id FROM products WHERE is_active ORDER BY md5(id::text)")

    def run(self, *arguments):
        return subprocess.run([self.binary, *map(str, arguments)], cwd=self.folder, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True).stdout

    def __enter__(self):
        self.process = subprocess.Popen(
            [self.binary, "serve", "--port", "0", "--set", "log.level=error"], cwd=self.folder,
            env={**os.environ, "SOUK_PAYMENTS_SANDBOX": "true", "DATABASE_URL": self.url, "REDIS_URL": ""},
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

    def load(self, seconds, *more):
        """Returns the load test's report, and PostgreSQL's CPU microseconds for each order."""
        sql(self.url, "CHECKPOINT")  # creating a WAL segment takes 40 ms; in production segments are recycled
        report = self.folder / "report.json"
        before = postgres_cpu(self.url)
        said = self.run("loadtest", "run", "normal_load", "--url", self.address, "--database-url", self.url, "--tokens",
                        self.folder / "tokens", "--json", report, "--mix", "order=1", "--duration",
                        f"{seconds + 2}s", "--ramp-up", "2s", *more)
        cost = postgres_cpu(self.url) - before
        # Requests that an open model could not send before the end are not errors of the shop.
        if not re.search(r"errors by kind:  (none|unsent: \d+)\n(?s:.*)audit: clean", said):
            raise SystemExit(said)
        read = json.loads(report.read_text())
        return read, cost * 1e6 / read["all"]["answers"]
