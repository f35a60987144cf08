"""Scenarios of the load tester: shown, changed and run as files against a shop with a data folder of its own."""

import json

from souk_process import Souk, run_souk

VISIT = ["GET /api/categories", "GET /api/products", "GET /api/products/{id}", "GET /api/users/me", "POST /api/sessions",
         "POST /api/reservations", "POST /api/orders", "POST /api/orders/{id}/payments", "DELETE /api/sessions"]


def test_buyers_sign_in_hold_order_and_pay(new_folder):
    folder = new_folder()
    data, scenario, report = folder / "data", folder / "mine.toml", folder / "report.json"
    shown = run_souk("loadtest", "show", "buyers")
    scenario.write_text(shown.stdout.replace('think_time = "3s"', 'think_time = "10ms"'))
    with Souk("up", "--data", data, folder=folder):
        done = run_souk("loadtest", "run", scenario, "--data", data, "--users", "20", "--duration", "5s", "--warm-up", "1s",
                        "--think-time", "10ms", "--json", report, cwd=folder)
    read = json.loads(report.read_text())
    assert read["scenario"] == "mine"
    assert [one["name"] for one in read["endpoints"]] == VISIT
    assert all(one["answers"] > 0 and one["errors"] == 0 for one in read["endpoints"]), done.stdout
    assert read["warmUp"]["answers"] > 0
    assert "scenario POST /api/orders error_rate" in done.stdout
    assert "audit: clean" in done.stdout, done.stdout


def test_a_wrong_scenario_is_refused_with_its_line(new_folder):
    scenario = new_folder() / "mine.toml"
    scenario.write_text(run_souk("loadtest", "show", "normal_load").stdout.replace("users = 1000", "user = 1000"))
    for command in ("show", "run"):
        done = run_souk("loadtest", command, scenario)
        assert done.returncode == 2
        assert 'mine.toml:8: unknown key "user"' in done.stderr


def test_every_listed_scenario_is_shown():
    listed = [line.split(maxsplit=1) for line in run_souk("loadtest", "list").stdout.splitlines()]
    assert {"normal_load", "peak_load", "stress_test"} <= {name for name, _ in listed}
    for name, summary in listed:
        assert f'summary = "{summary}"' in run_souk("loadtest", "show", name).stdout
