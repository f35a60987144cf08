"""Grafana's dashboard: its form, and its expressions in a real Prometheus that watches a shop with customers."""

import json
import re

import pytest
from contract import Market
from monitoring import DEPLOY, Monitoring
from souk_process import ROOT, wait_until
from test_alert_rules import run_promtool, series

DASHBOARD = json.loads((DEPLOY / "grafana" / "souk.json").read_text())
PANELS = DASHBOARD["panels"]
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
METRICS = set(re.findall(r"^\| `(\w+)`", (ROOT / "docs/reference/metrics.md").read_text(), re.MULTILINE))
TARGETS = [(panel["title"], target) for panel in PANELS for target in panel["targets"]]


CONVERSION = "Conversion by response time"  # of visits that ended, after half an hour


def expressions():
    """Those of the panels, and of the annotations."""
    yield from (target["expr"] for _, target in TARGETS)
    yield from (one["expr"] for one in DASHBOARD["annotations"]["list"])


def test_its_data_source_and_its_job_are_variables():
    variables = {one["name"]: one for one in DASHBOARD["templating"]["list"]}
    assert (variables["datasource"]["type"], variables["datasource"]["query"]) == ("datasource", "prometheus")
    assert variables["job"]["datasource"] == SOURCE
    for title, target in TARGETS:
        assert target["datasource"] == SOURCE, title
    assert all(panel["datasource"] == SOURCE for panel in PANELS)
    assert all('job="$job"' in expression for expression in expressions())


def test_every_panel_has_a_unit_a_meaning_and_a_place_of_its_own():
    assert len({panel["id"] for panel in PANELS}) == len(PANELS) >= 18
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in PANELS}
    assert len(places) == len(PANELS)
    for panel in PANELS:
        assert panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24


def test_windows_follow_the_scrape_interval_and_metrics_exist():
    for expression in expressions():
        windows = re.findall(r"\[(.*?)\]", expression)
        assert windows and set(windows) == {"$__rate_interval"}, expression
        for metric in re.findall(r"\b(?:souk|process)_\w+", expression):
            base = re.sub(r"_(bucket|count)$", "", metric)
            assert metric in METRICS or base in METRICS, metric


def test_objectives_are_lines():
    limits = {panel["title"]: [step["value"] for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]]
              for panel in PANELS if "thresholds" in panel["fieldConfig"]["defaults"]}
    assert limits["Response time"] == [None, 0.2, 0.5]
    assert limits["Cache: share of hits"] == [None, 0.85]
    assert limits["Error rate"] == [None, 0.01]


@pytest.fixture(scope="module")
def watched(start_shop, new_folder):
    shop = start_shop("--set", "telemetry.server_timing=true", "--set", "telemetry.core_hour_price=0.045 EUR")
    market = Market(shop)
    with Monitoring(new_folder(), shop.souk, 0.05) as monitoring:
        customer, product = market.customer(), market.product()
        vitals = {"page": "product", "loadMs": 800, "lcpMs": 900, "inpMs": 40, "clsThousandths": 10}
        yield lambda: (market.anonymous.get("/api/products?limit=3"), market.order(customer, product),
                       market.anonymous.post("/api/vitals", vitals)), monitoring


def test_each_expression_returns_series(watched):
    shop, monitoring = watched

    def values(target):
        return monitoring.query(target["expr"].replace("$__rate_interval", "1m").replace("$job", "souk"))

    def missing():
        assert [answer.status_code for answer in shop()] == [200, 201, 204]
        return [(title, target["legendFormat"]) for title, target in TARGETS
                if title != CONVERSION and not values(target)]

    wait_until(lambda: missing() == [], lambda: f"without series: {missing()}")


def test_conversion_is_the_share_with_an_order_of_the_visits_of_that_response_time(tmp_path):
    def visits(slower_than, reached, number):
        """So many each minute."""
        return series("souk_statistics_visits_total", f"0+{number}x40", slower_than_ms=slower_than, reached=reached)

    counted = [visits("5", "visit", 6), visits("5", "order", 1), visits("20", "visit", 2), visits("20", "order", 1),
               visits("50", "visit", 0), visits("300", "visit", 10), visits("1000", "visit", 4),
               visits("1000", "order", 4), visits("1000", "hold", 4), series("up", "1x40")]
    shares = {target["legendFormat"]: target["expr"].replace("$__rate_interval", "10m").replace("$job", "souk")
              for title, target in TARGETS if title == CONVERSION}
    expected = {"up to 50 ms": [0.25], "up to 200 ms": [], "up to 500 ms": [0], "above 500 ms": [1]}
    assert shares.keys() == expected.keys()
    run_promtool(tmp_path, counted, [
        {"expr": shares[name], "eval_time": "30m",
         "exp_samples": [{"labels": '{job="souk"}', "value": value} for value in values]}
        for name, values in expected.items()], "1m")
