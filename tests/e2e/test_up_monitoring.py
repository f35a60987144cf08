"""`souk up --monitoring`: Prometheus and Alertmanager as children of the shop."""

import contextlib
import json
import os
import pathlib
import re
import signal

import pytest
import requests
from souk_process import Souk, run_souk, wait_until
from test_up import processes_in

pytestmark = pytest.mark.slow
SAID = re.compile(r"^Prometheus: (http://127\.0\.0\.1:\d+), Alertmanager: (http://127\.0\.0\.1:\d+) \(receivers: (.*)\)$",
                  re.MULTILINE)


def ask(url):
    answer = requests.get(url, timeout=10)
    assert answer.ok, answer.text
    return answer.json()["data"]


def pid_of(data, name):
    for pid in processes_in(data):
        with contextlib.suppress(OSError):  # it has ended
            if pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == name:
                return pid
    return None


@pytest.fixture
def data(new_folder):
    return new_folder() / "data"


def up(data):
    return Souk("up", "--empty", "--monitoring", "--data", data, folder=data.parent)


def addresses(souk):
    return wait_until(lambda: SAID.search(souk.out.read_text()), souk.said).groups()


def test_the_shop_is_watched_by_its_own_rules_and_within_bounds(data):
    with up(data) as souk:
        prometheus, alertmanager, receivers = addresses(souk)
        wait_until(lambda: [one["value"][1] for one in ask(f"{prometheus}/api/v1/query?query=up")["result"]] == ["1"],
                   souk.said)
        groups = ask(f"{prometheus}/api/v1/rules")["groups"]
        assert {group["name"] for group in groups} == {"souk_objectives", "souk_error_budget", "souk_alerts"}
        told = ask(f"{prometheus}/api/v1/alertmanagers")["activeAlertmanagers"]
        assert [one["url"] for one in told] == [f"{alertmanager}/api/v2/alerts"]
        flags = ask(f"{prometheus}/api/v1/status/flags")
        assert (flags["storage.tsdb.retention.time"], flags["storage.tsdb.retention.size"]) == ("30d", "1GiB")
        assert requests.get(f"{alertmanager}/-/ready", timeout=10).ok
        assert "nobody" in (data.parent / receivers).read_text()
        assert souk.stop() == 0
    assert processes_in(data) == []


def test_it_is_restarted_when_it_ends_and_is_gone_with_the_shop(data):
    with up(data) as souk:
        addresses(souk)
        first = pid_of(data, "prometheus")
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: pid_of(data, "prometheus") not in (None, first), souk.said)
        wait_until(lambda: any(event.get("server") == "Prometheus" for event in
                               map(json.loads, souk.log.read_text().splitlines())), souk.said)
        souk.kill()
        wait_until(lambda: pid_of(data, "prometheus") is None, "Prometheus ends with its parent")


def test_receivers_that_the_operator_named_are_kept(data):
    with up(data) as souk:
        _, _, receivers = addresses(souk)
    file = data.parent / receivers
    file.write_text(file.read_text().replace("nobody", "somebody"))
    with up(data) as souk:
        _, alertmanager, _ = addresses(souk)
        config = requests.get(f"{alertmanager}/api/v2/status", timeout=10).json()["config"]["original"]
        assert "somebody" in config


def test_an_operators_address_that_other_hosts_reach_is_refused(data):
    done = run_souk("up", "--monitoring", "--data", data, "--set", "operator.address=0.0.0.0", cwd=data.parent)
    assert (done.returncode, done.stderr) == (2, "souk: --monitoring needs operator.address on loopback\n")
