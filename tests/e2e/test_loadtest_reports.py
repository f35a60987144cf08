"""The reports of a load test: JSON as its schema says, JUnit's XML, and a page that Chromium draws without a network."""

import json
import pathlib
import re
import shutil
import subprocess
import xml.etree.ElementTree

import jsonschema
import pytest
from souk_process import Souk, run_souk

CHROMIUM = shutil.which("chromium-headless-shell")
SCHEMA = json.loads((pathlib.Path(__file__).parents[2] / "docs/loadtest-report.schema.json").read_text())


@pytest.fixture(scope="module")
def reports(new_folder):
    """The folder with report.json, .xml and .html of one run."""
    folder = new_folder()
    with Souk("up", "--data", folder / "data", folder=folder):
        files = [word for kind, name in (("json", "json"), ("junit", "xml"), ("html", "html"))
                 for word in (f"--{kind}", folder / f"report.{name}")]
        done = run_souk("loadtest", "run", "normal_load", "--data", folder / "data", "--users", "10", "--duration", "4s",
                        "--warm-up", "1s", "--think-time", "10ms", *files, cwd=folder)
        assert done.returncode in (0, 1), done.stderr  # missed budgets do not matter here
        assert "cores in use" in done.stdout
    return folder


@pytest.fixture(scope="module")
def report(reports):
    return json.loads((reports / "report.json").read_text())


def test_the_json_is_as_its_schema_says(report):
    jsonschema.Draft202012Validator(SCHEMA).validate(report)


def test_the_timeline_adds_up_to_the_whole(report):
    timeline = report["timeline"]
    assert [second["at"] for second in timeline] == sorted(second["at"] for second in timeline)
    whole = report["all"]["answers"] + report["warmUp"]["answers"]
    assert 0 < sum(second["answers"] for second in timeline) <= whole  # what came after the last second is in none
    assert sum(count for _, count in report["all"]["histogram"]) == report["all"]["requests"]
    assert all(second["cores"]["shop"] is not None for second in timeline)
    assert sum(second["cores"]["machine"] for second in timeline) > 0
    assert sum(second["cores"]["postgres"] for second in timeline) > 0
    assert 9_000 < report["data"]["products"] <= 10_000  # those on sale
    assert report["data"]["databaseBytes"] > 1_000_000


def test_the_shop_names_its_build_and_what_it_does_not_do_by_default(report):
    shop = report["shop"]
    assert (shop["version"], shop["commit"]) == (report["environment"]["version"], report["environment"]["commit"])
    assert shop["workers"] >= 1
    assert shop["settings"]["admission.enabled"] == "false"  # of the test's environment
    assert shop["settings"]["database.url"] == "[redacted]"


def test_junit_has_a_case_for_each_budget_and_the_audit(reports, report):
    suite = xml.etree.ElementTree.parse(reports / "report.xml").getroot()
    cases = suite.findall("testcase")
    assert len(cases) == int(suite.get("tests")) == len(report["budgets"]) + 1
    broken = sum(budget["verdict"] == "broken" for budget in report["budgets"])
    assert int(suite.get("failures")) == len(suite.findall("testcase/failure")) == broken
    assert cases[-1].get("name") == "audit"


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium-headless-shell")
def test_chromium_draws_the_page(reports, report, new_folder):
    page = reports / "report.html"
    code = re.sub(r'<script type="application/json".*?</script>', "", page.read_text(), flags=re.S)
    assert set(re.findall(r"https?://[^\"]*", code)) == {"http://www.w3.org/2000/svg"}, "needs the network"
    done = subprocess.run([CHROMIUM, "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                           f"--user-data-dir={new_folder()}/profile", "--virtual-time-budget=5000", "--enable-logging=stderr",
                           "--dump-dom", page.as_uri()], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "CONSOLE" not in done.stderr, done.stderr
    drawn = done.stdout.split('<script type="application/json"')[0]
    assert drawn.count("<svg") == 8
    lines = dict(re.findall(r'<polyline points="([^"]*)"[^>]*data-line="([^"]*)"', drawn))
    assert {"answers", "level", "p50", "p95", "p99", "machine", "shop", "PostgreSQL"} <= set(lines.values())
    assert all(len(points.split()) > 1 for points in lines)
    for budget in report["budgets"]:
        assert f"<td>{budget['budget']}</td>" in drawn
    assert report["environment"]["kernel"] in drawn
