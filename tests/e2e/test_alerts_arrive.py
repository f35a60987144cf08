"""Faults made on purpose: a real Prometheus sees them, a real Alertmanager tells, and says when they are over."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import threading
import uuid

import psycopg2
import pytest
import requests
import yaml
from haproxy import free_port
from monitoring import RULES_FILE, Monitoring
from postgres_server import PostgresServer
from redis_server import RedisServer
from souk_process import ANSWER_SECONDS_MAX, BINARY, STOP_SECONDS_MAX, Souk, operator_url, run_souk, wait_until

pytestmark = pytest.mark.slow

SCALE = 0.05  # five minutes in 15 s
OLD_JOB = ("INSERT INTO outbox (id, kind, aggregate_id, payload, created_at) VALUES (gen_random_uuid(), "
           "'of.a.newer.version', gen_random_uuid(), '{}', now() - interval '1 hour')")
DEAD_LETTER = ("INSERT INTO dead_letters (id, kind, aggregate_id, payload, created_at, attempt, last_error) VALUES "
               "(gen_random_uuid(), 'statistics.record', gen_random_uuid(), '{}', now(), 1, 'refused')")
SEED = ["seed", "--products", "20", "--users", "5", "--orders", "5", "--admin-token", "admin.txt", "--tokens",
        "tokens.txt"]
CUSTOMERS = 30  # with fewer, the statements of the node itself are more than 95 %
# The control group (version 2) of this process, and so of its children, below /sys/fs/cgroup.
OWN_GROUP = next((line[len("0::/"):] for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines()
                  if line.startswith("0::/")), None)
CAN_ALLOT = os.geteuid() == 0 and OWN_GROUP is not None  # only root can mount
SMALL, LARGE = 30 << 20, 64 << 30  # bytes: less than a shop needs, and more


class Watched:
    """A shop with a PostgreSQL, a Redis and an allotment of memory of its own, and its monitoring."""

    def __init__(self, folder, stack):
        self.folder = folder
        self.database = PostgresServer()
        stack.callback(self.database.remove)
        (folder / "redis").mkdir()
        self.redis = RedisServer(folder / "redis", free_port())
        stack.callback(self.redis.kill)
        self.environment = os.environ | {"DATABASE_URL": self.database.url, "REDIS_URL": self.redis.url}
        for command in (["migrate"], SEED):
            done = run_souk(*command, environment=self.environment, cwd=folder)
            assert done.returncode == 0, done.stderr
        self.groups = folder / "groups"
        self.group = self.groups / (OWN_GROUP or "")
        self.group.mkdir(parents=True)
        self.allot(LARGE)
        place = folder / "shop"
        place.mkdir()
        if os.geteuid() == 0:
            shutil.chown(place, os.environ.get("SOUK_PROCESS_USER", "postgres"))
        self.souk = stack.enter_context(Souk("serve", folder=place, environment=self.environment, under=self.alone()))
        self.monitoring = stack.enter_context(Monitoring(folder, self.souk, SCALE))
        wait_until(lambda: self.monitoring.query("souk:state_database_ready == 1"), self.monitoring.said)

    def alone(self):
        """Runs a command with a folder of this test as its control groups."""
        return () if not CAN_ALLOT else (
            "unshare", "--mount", "sh", "-c", f'mount --bind {self.groups} /sys/fs/cgroup && exec "$@"', "sh")

    def allot(self, memory):
        (self.group / "memory.max").write_text(f"{memory}\n")

    @contextlib.contextmanager
    def customers(self):
        """Some who ask all the time for something that is in no cache."""
        stopped = threading.Event()

        def browse():
            while not stopped.wait(0.1):
                with contextlib.suppress(requests.RequestException):
                    requests.get(f"{self.souk.url}/api/products/{uuid.uuid4()}", timeout=ANSWER_SECONDS_MAX)

        threads = [threading.Thread(target=browse) for _ in range(CUSTOMERS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stopped.set()
            for thread in threads:
                thread.join()

    @contextlib.contextmanager
    def locked_products(self):
        """A forgotten transaction: whatever reads products waits, until it is refused."""
        with contextlib.closing(psycopg2.connect(self.database.url)) as connection, connection.cursor() as cursor:
            cursor.execute("LOCK TABLE products IN ACCESS EXCLUSIVE MODE")
            yield

    def knows(self, alerts, status):
        """Waits until those who are told of warnings, or of everything critical, were told."""
        since = len(self.monitoring.receiver.received)
        for receiver, names in alerts.items():
            self.monitoring.await_told(receiver, names, status, since)


@pytest.fixture(scope="module")
def watched(new_folder):
    with contextlib.ExitStack() as stack:
        folder = new_folder()
        folder.chmod(0o755)
        yield Watched(folder, stack)


def test_a_slow_database_and_its_errors_are_told_and_so_is_their_end(watched):
    # Warnings go to `mail`, what is critical to `on_call` too.
    alerts = {"mail": {"high_response_time", "database_slow_queries", "low_cache_hit_ratio"},
              "on_call": {"high_error_rate", "error_budget_burn-1h"}}
    with watched.customers(), watched.locked_products():
        watched.knows(alerts, "firing")
    watched.knows(alerts, "resolved")
    assert alerts["on_call"] <= watched.monitoring.told("mail").keys()
    assert not alerts["mail"] & watched.monitoring.told("on_call").keys()


def test_what_is_away_or_held_or_too_much_is_told_and_so_is_its_end(watched):
    alerts = {"mail": {"redis_away", "old_jobs", "dead_letters"}, "on_call": {"high_memory"} if CAN_ALLOT else set()}
    watched.redis.kill()
    watched.database.query(OLD_JOB)
    watched.database.query(DEAD_LETTER)
    watched.allot(SMALL)
    watched.knows(alerts, "firing")
    watched.redis.start()
    watched.database.query("DELETE FROM outbox WHERE kind = 'of.a.newer.version'")
    watched.database.query("DELETE FROM dead_letters")
    watched.allot(LARGE)
    watched.knows(alerts, "resolved")


def test_a_database_that_is_away_is_told_and_what_follows_from_it_is_not(watched):
    with watched.customers():
        watched.database.stop(signal.SIGQUIT)
        watched.knows({"on_call": {"database_away"}}, "firing")
        wait_until(lambda: "high_error_rate" in watched.monitoring.inhibited(), watched.monitoring.said)
    watched.database.start()
    watched.knows({"on_call": {"database_away"}}, "resolved")


def test_a_node_that_does_not_answer_is_told(watched):
    watched.souk.process.send_signal(signal.SIGSTOP)
    watched.knows({"on_call": {"node_down"}}, "firing")
    watched.souk.process.send_signal(signal.SIGCONT)
    watched.knows({"on_call": {"node_down"}}, "resolved")


def test_the_commands_of_each_alert_run(watched):
    data = watched.folder / "data"  # as `souk up` has it
    data.mkdir(exist_ok=True)
    shutil.copy(watched.folder / "admin.txt", data / "admin-token.txt")
    operators = operator_url(watched.souk.url)
    (data / "url.txt").write_text(f"{watched.souk.url}\n{operators}\n")
    environment = watched.environment | {
        "PATH": f"{BINARY.parent}:{os.environ['PATH']}", "OPERATOR_URL": operators,
        "PROMETHEUS_URL": f"http://{watched.monitoring.url}"}
    groups = yaml.safe_load(RULES_FILE.read_text())["groups"]
    commands = {command for group in groups for rule in group["rules"] if "alert" in rule
                for command in rule["annotations"]["commands"].splitlines()}
    assert commands
    for command in sorted(commands):
        done = subprocess.run(["bash", "-o", "pipefail", "-c", command], env=environment, cwd=watched.folder,
                              capture_output=True, text=True, timeout=STOP_SECONDS_MAX, check=False)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        assert done.stdout or command.startswith("promtool"), command  # a query may find nothing
