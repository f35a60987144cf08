"""`kill -9` during a load test: every acknowledged order exists afterwards, exactly once.

The load tester records each order as it is acknowledged. When the shop runs again, the audit checks
the database against that list: orders, totals, idempotency keys, every unit of stock and its ledger.
The effects of an order (confirmation, statistics) exist for each stored order, and for no other.

    SOUK_KILL_RUNS=50 /usr/bin/python3 -m pytest tests/chaos/test_kill.py -s
"""

import os
import random
import re
import signal
import subprocess
import time

import psycopg2
import pytest
from souk_process import BINARY, Souk, end_with_parent, run_souk, wait_until

USERS = 50
LOAD_SECONDS = 300  # at most: the test stops the load when it has enough orders
ORDERS_BEFORE = 300  # acknowledged before the kill
ORDERS_AFTER = 300  # acknowledged after a server was killed and has come back
RUNS = int(os.environ.get("SOUK_KILL_RUNS", "6"))  # number of kills at random moments
SECONDS_BEFORE_MAX = 1.0  # of load before a kill at a random moment


@pytest.fixture
def data(new_folder):
    return new_folder() / "data"


def up(data):
    return Souk("up", "--data", data, "--set", f"mail.maildir={data.parent / 'mail'}", "--set", "confirmation.max_per_day=0", "--set",
                "statistics.max_delay=100ms", "--set", "jobs.lease=2s", "--set", "jobs.handler_timeout=1s",
                "--set", "webhooks.connect_timeout=300ms", "--set", "webhooks.answer_timeout=600ms",
                folder=data.parent)


def on_database(data, sql):
    folder = os.open(data / "postgres", os.O_RDONLY)  # the folder's own path may be too long for a socket
    try:
        connection = psycopg2.connect(f"postgresql://souk@/souk?host=/proc/self/fd/{folder}")
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone()[0]
    finally:
        os.close(folder)


def check_effects(data):
    """Each stored order has its effects (confirmation, statistics), and nothing else has."""
    wait_until(lambda: on_database(data, "SELECT count(*) FROM outbox") == 0,
               lambda: str(on_database(data, "SELECT json_agg(o) FROM (SELECT * FROM outbox LIMIT 5) o")))
    keyed = "SELECT count(*) FROM orders WHERE id IN (SELECT order_id FROM idempotency_keys)"
    orders = on_database(data, keyed)
    assert on_database(data, "SELECT sum(placed) FROM order_statistics") == orders
    assert sum(1 for _ in (data.parent / "mail" / "new").iterdir()) == orders
    assert on_database(data, "SELECT count(*) FROM dead_letters") == 0


class Load:
    """Buyers without think time; each order is written to a file as it is acknowledged."""

    def __init__(self, souk, data):
        self.acknowledged = data.parent / "acknowledged.txt"
        self.acknowledged.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [BINARY, "loadtest", "run", "normal_load", "--users", str(USERS), "--ramp-up", "0s", "--think-time", "0",
             "--duration", f"{LOAD_SECONDS}s", "--url", souk.url, "--data", data, "--no-audit",
             "--acknowledged", self.acknowledged],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=end_with_parent)

    def orders(self):
        return self.acknowledged.read_bytes().count(b"\norder ") if self.acknowledged.exists() else 0

    def wait_for(self, count):
        def enough():
            assert self.process.poll() is None, "the load ended too early"
            return self.orders() >= count
        wait_until(enough, lambda: f"{self.orders()} of {count} orders acknowledged")

    def stop(self):
        self.process.kill()
        self.process.wait()


def audit(souk, load, data, at_least=ORDERS_BEFORE):
    done = run_souk("loadtest", "audit", "--data", data, "--acknowledged", load.acknowledged)
    assert done.returncode == 0, done.stdout + done.stderr
    counted = int(re.search(r"(\d+) acknowledged orders", done.stdout).group(1))
    assert counted >= at_least, done.stdout
    return counted


def kill_postgresql(data):
    os.kill(int((data / "postgres" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)


def test_acknowledged_orders_survive_the_death_of_souk(data):
    souk = up(data)
    load = Load(souk, data)
    try:
        load.wait_for(ORDERS_BEFORE)
        souk.kill()
    finally:
        load.stop()
    with up(data) as again:
        audit(again, load, data)


def test_acknowledged_orders_survive_the_death_of_postgresql(data):
    with up(data) as souk:
        load = Load(souk, data)
        try:
            load.wait_for(ORDERS_BEFORE)
            kill_postgresql(data)
            load.wait_for(load.orders() + ORDERS_AFTER)  # the server runs again, and Souk has reconnected
        finally:
            load.stop()
        assert audit(souk, load, data) >= ORDERS_BEFORE + ORDERS_AFTER


def test_acknowledged_orders_survive_kills_at_random_moments(data):
    kept = 0
    for run in range(RUNS):
        victims = ("souk", "postgresql", "both")[run % 3]
        souk = up(data)
        load = Load(souk, data)
        try:
            load.wait_for(10)
            time.sleep(random.uniform(0, SECONDS_BEFORE_MAX))
            if victims != "souk":
                kill_postgresql(data)
            if victims != "postgresql":
                souk.kill()
            else:
                time.sleep(random.uniform(0, SECONDS_BEFORE_MAX))
        finally:
            load.stop()
        if victims == "postgresql":
            souk.stop()
        with up(data) as again:
            kept += audit(again, load, data, at_least=10)
            if run == RUNS - 1:
                check_effects(data)
    print(f"{RUNS} kills, {kept} acknowledged orders, all there once")
