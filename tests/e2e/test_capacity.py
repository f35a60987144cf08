"""`souk capacity` measures a shop of its own: the form of its report, not the machine's speed."""

import json
import os
import subprocess

import pytest
from souk_process import BINARY, run_souk

SECONDS_MAX = 600


@pytest.fixture(scope="module")
def measured(new_folder):
    """The exit status, the output and the JSON of one short run."""
    folder = new_folder()
    place = folder / "place"
    place.mkdir()
    place.chmod(0o1777)  # a Souk of root becomes another user
    done = subprocess.run(
        [BINARY, "capacity", "--workers", "1", "--concurrency", "1,2,3", "--point", "2s", "--rate-for", "2s", "--shares",
         "0.01,0.3", "--connections", "40", "--products", "50", "--users", "1", "--growth", "5%/month", "--in", place,
         "--json", folder / "capacity.json", "--set", "http.idle_timeout=77s"],
        cwd=folder, env=os.environ | {"SOUK_ADMISSION_ENABLED": "false"}, capture_output=True, text=True,
        timeout=SECONDS_MAX, check=False)
    assert done.returncode in (0, 1), done.stderr
    assert list(place.iterdir()) == [], "its folder is left behind"
    return done, json.loads((folder / "capacity.json").read_text())


def test_each_concurrency_is_measured_as_often_as_asked(measured):
    series, = measured[1]["series"]
    assert series["workers"] == 1
    assert [point["users"] for point in series["closed"]] == [1, 2, 3, 1, 2, 3]
    assert all(point["perSecond"] > 0 and point["cores"]["machine"] > 0 for point in series["closed"])
    best = max(sum(point["perSecond"] for point in series["closed"] if point["users"] == users) / 2 for users in (1, 2, 3))
    assert series["ceilingPerSecond"]["value"] == pytest.approx(best)
    assert series["ceilingPerSecond"]["low"] <= best <= series["ceilingPerSecond"]["high"]


def test_rates_below_the_ceiling_are_judged_by_the_budgets(measured):
    done, report = measured
    series, = report["series"]
    ceiling = series["ceilingPerSecond"]["value"]
    assert [rate["askedPerSecond"] for rate in series["rates"]] == [pytest.approx(share * ceiling) for share in (0.01, 0.3)]
    kept = [rate["askedPerSecond"] for rate in series["rates"] if not rate["broken"]]
    certified = series["certifiedPerSecond"]
    assert done.returncode == (1 if certified is None else 0)
    assert certified is None or certified in kept
    assert "what binds: " in done.stdout and "law of scalability" in done.stdout


def test_what_a_request_a_connection_and_an_order_cost_is_told(measured):
    _, report = measured
    assert report["order"]["orders"] > 0 and report["order"]["walBytes"] > 0
    assert report["connectionBytes"]["low"] <= report["connectionBytes"]["value"] <= report["connectionBytes"]["high"]
    if report["costs"] is not None:
        assert report["users"] == pytest.approx(report["series"][0]["certifiedPerSecond"] * report["costs"]["cycleSeconds"])
        assert report["outlook"]["growthPerMonth"] == pytest.approx(0.05)


def test_the_shop_has_the_settings_that_were_given(measured):
    settings = measured[1]["environment"]["settings"]
    assert (settings["http.idle_timeout"], settings["admission.enabled"]) == ("77s", "false")
    assert settings["runtime.workers"] == "1"


@pytest.mark.parametrize(("arguments", "said"), [
    (["--concurrency", "1,2,2"], "--concurrency: needs at least three different numbers"),
    (["--growth", "5%"], "--users and --growth belong together"),
    (["--users", "5", "--growth", "5%/day"], '--growth: "5%/day" is no growth such as'),
    (["--point", "1s"], "must be 2s or more"),
    (["--in", "/nonexistent"], "cannot make a folder in /nonexistent"),
])
def test_a_wrong_option_is_refused_before_anything_is_started(arguments, said):
    done = run_souk("capacity", *arguments)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
