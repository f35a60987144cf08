"""Faults made on purpose: a real Prometheus sees them, a real Alertmanager tells, and says when they are over."""

import contextlib
import os
import shutil
import signal
import subprocess

import pytest
import yaml
from monitoring import RULES_FILE
from souk_process import BINARY, STOP_SECONDS_MAX, operator_url, wait_until
from watched import CAN_ALLOT, SMALL_CPU, SMALL_MEMORY, Watched

pytestmark = pytest.mark.slow

DEAD_LETTER = ("INSERT INTO dead_letters (id, kind, aggregate_id, payload, created_at, attempt, last_error) VALUES "
               "(gen_random_uuid(), 'statistics.record', gen_random_uuid(), '{}', now(), 1, 'refused')")


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
        watched.quick.tells({"on_call": {"error_budget_burn-6h"}}, "firing")
        watched.monitoring.tells(alerts, "firing")
    with watched.readers():
        # As long as a critical one of them fires, Alertmanager tells no warning of the same.
        watched.quick.tells({"on_call": {"error_budget_burn-6h"}}, "resolved")
        watched.quick.tells({"mail": {"error_budget_burn-3d"}}, "firing")
        watched.monitoring.tells(alerts, "resolved")
        watched.quick.tells({"mail": {"error_budget_burn-3d"}}, "resolved")
    assert alerts["on_call"] <= watched.monitoring.told("mail").keys()
    assert not alerts["mail"] & watched.monitoring.told("on_call").keys()


def test_orders_and_jobs_that_wait_and_stale_prices_are_told_and_so_is_their_end(watched):
    alerts = {"mail": {"orders_waiting", "open_circuits"}, "on_call": {"stale_cache"}}
    grown = {"mail": {"outbox_growth"} | ({"high_cpu"} if CAN_ALLOT else set())}
    with watched.buyers(), watched.webhook() as receiver:
        receiver.answer = lambda _: 500
        with (watched.locked_stock(), watched.stale_prices(), watched.more_and_more_jobs(),
              watched.little(cpu=SMALL_CPU)):
            watched.quick.tells(grown, "firing")
            watched.monitoring.tells(alerts, "firing")
        receiver.answer = lambda _: 204
        watched.quick.tells(grown, "resolved")
        watched.monitoring.tells(alerts, "resolved")


def test_what_is_away_or_held_or_too_much_is_told_and_so_is_its_end(watched):
    alerts = {"mail": {"redis_away", "old_jobs", "dead_letters"}, "on_call": {"high_memory"} if CAN_ALLOT else set()}
    with watched.held_jobs("1 hour"), watched.little(memory=SMALL_MEMORY):
        watched.redis.kill()
        watched.database.query(DEAD_LETTER)
        watched.monitoring.tells(alerts, "firing")
    watched.redis.start()
    watched.database.query("DELETE FROM dead_letters")
    watched.monitoring.tells(alerts, "resolved")


def test_a_database_that_is_away_is_told_and_what_follows_from_it_is_not(watched):
    with watched.customers():
        watched.database.stop(signal.SIGQUIT)
        watched.monitoring.tells({"on_call": {"database_away"}}, "firing")
        wait_until(lambda: "high_error_rate" in watched.monitoring.inhibited(), watched.monitoring.said)
    watched.database.start()
    watched.monitoring.tells({"on_call": {"database_away"}}, "resolved")


def test_a_node_that_does_not_answer_is_told(watched):
    watched.souk.process.send_signal(signal.SIGSTOP)
    watched.monitoring.tells({"on_call": {"node_down"}}, "firing")
    watched.souk.process.send_signal(signal.SIGCONT)
    watched.monitoring.tells({"on_call": {"node_down"}}, "resolved")


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
