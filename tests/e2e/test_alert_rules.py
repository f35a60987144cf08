"""deploy/prometheus/souk.rules.yml, evaluated by promtool over made-up series, what goes with it, and
deploy/alertmanager/alertmanager.yml.
"""

import json
import pathlib
import subprocess

import monitoring
import pytest
import yaml
from monitoring import ALERTMANAGER_FILE, RULES_FILE

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = [rule for group in yaml.safe_load(RULES_FILE.read_text())["groups"] for rule in group["rules"]]
ALERTS = [rule for rule in RULES if "alert" in rule]


def name_of(alert):
    return monitoring.name_of({"alertname": alert["alert"], **alert["labels"]})


# Series in promtool's notation, sampled every 15 s if no case says otherwise: `0+1x40` begins at 0 and grows by 1 in
# 40 steps.
STEP = "15s"


def series(metric, values, **labels):
    text = ",".join(f'{label}="{value}"' for label, value in {"job": "souk", "instance": "a", **labels}.items())
    return {"series": f"{metric}{{{text}}}", "values": values}


def times(metric, bound, **labels):
    """One observation a second, in the bucket up to `bound`."""
    bounds = ["0.01", "0.05", "0.1", "0.2", "0.35", "+Inf"]
    return [series(f"{metric}_bucket", "0+15x400" if bounds.index(le) >= bounds.index(bound) else "0x400",
                   le=le, **labels) for le in bounds]


def requests(percent_failed, ok=1000):
    """A thousand requests between two samples that succeed, beside those that fail."""
    return [series("souk_http_requests_total", f"0+{ok}x1000", status="200", priority="browse"),
            series("souk_http_requests_total", f"0+{percent_failed * 10}x1000", status="503", priority="browse"),
            # A load balancer's probes of a node that is not ready are no failures.
            series("souk_http_requests_total", "0+100x1000", status="503", priority="operator")]


def cache(hits, misses):
    return [series("souk_cache_hits_total", f"0+{hits}x400", kind="product", level="memory"),
            series("souk_cache_misses_total", f"0+{misses}x400", kind="product")]


def gauge(metric, value, **labels):
    return [series(metric, value if "x" in value else f"{value}x400", **labels)]


def used(metric, value, allotted, whole):
    return [series(metric, value), series(allotted, f"{whole}x400")]


# Of each alert: the series with which it fires, and those with which it does not; and, if not 30 minutes at 15 s, when
# that is looked at and how often they are sampled.
CASES = {
    "high_response_time": (times("souk_http_request_duration_seconds", "0.35", route="/"),
                           times("souk_http_request_duration_seconds", "0.2", route="/")),
    "high_error_rate": (requests(1.1), requests(0.9)),
    "database_slow_queries": (times("souk_db_statement_duration_seconds", "0.1", statement="s"),
                              times("souk_db_statement_duration_seconds", "0.05", statement="s")),
    "low_cache_hit_ratio": (cache(84, 16), cache(86, 14)),
    "stale_cache": (gauge("souk_cache_consistency_ratio", "0.99"), gauge("souk_cache_consistency_ratio", "1")),
    "orders_waiting": (times("souk_checkout_queue_time_seconds", "0.35"),
                       times("souk_checkout_queue_time_seconds", "0.2")),
    "old_jobs": (gauge("souk_jobs_oldest_age_seconds", "301"), gauge("souk_jobs_oldest_age_seconds", "299")),
    "dead_letters": (gauge("souk_jobs_dead_letters", "1"), gauge("souk_jobs_dead_letters", "0")),
    # A large outbox that is worked off is none that grows.
    "outbox_growth": (gauge("souk_jobs_depth", "2000+1x400", kind="order.placed"),
                      gauge("souk_jobs_depth", "20000-1x400", kind="order.placed")),
    "open_circuits": (gauge("souk_webhooks_breakers_open", "1"), gauge("souk_webhooks_breakers_open", "0")),
    "high_memory": (used("process_resident_memory_bytes", "81x400", "souk_allotted_memory_bytes", 100),
                    used("process_resident_memory_bytes", "79x400", "souk_allotted_memory_bytes", 100)),
    "high_cpu": (used("process_cpu_seconds_total", "0+21.5x400", "souk_allotted_cores", 2),
                 used("process_cpu_seconds_total", "0+20.5x400", "souk_allotted_cores", 2)),
    "database_away": (gauge("souk_database_ready", "0"), gauge("souk_database_ready", "1")),
    "redis_away": (gauge("souk_redis_connected", "0"), gauge("souk_redis_connected", "1")),
    "error_budget_burn-1h": (requests(1.5), requests(1.4)),
    "error_budget_burn-6h": (requests(0.7), requests(0.5), 400, "1m"),
    "error_budget_burn-3d": (requests(0.15), requests(0.09), 4500, "5m"),
    "node_down": (gauge("up", "0"), gauge("up", "1")),
}
# What all of them together look like in a shop that has nothing to do.
IDLE = [*requests(0, ok=0), *cache(0, 0),
        *[one | {"values": "0x400"} for metric in ("souk_http_request_duration_seconds",
                                                   "souk_db_statement_duration_seconds",
                                                   "souk_db_connection_wait_seconds",
                                                   "souk_checkout_queue_time_seconds")
          for one in times(metric, "0.01")],
        *gauge("souk_jobs_oldest_age_seconds", "0"), *gauge("souk_jobs_dead_letters", "0"),
        *gauge("souk_jobs_depth", "0", kind="other"), *gauge("souk_webhooks_breakers_open", "0"),
        *used("process_resident_memory_bytes", "1x400", "souk_allotted_memory_bytes", 100),
        *used("process_cpu_seconds_total", "0x400", "souk_allotted_cores", 2),
        *gauge("souk_database_ready", "1"), *gauge("souk_redis_connected", "2"), *gauge("up", "1")]
FIRST_MINUTES = [0, 1, 2, 5, 10, 15, 30]


def firing(alert, minutes, expected):
    labels = f'alertname="{alert["alert"]}", alertstate="firing"'
    if "window" in alert["labels"]:
        labels += f', window="{alert["labels"]["window"]}"'
    return none_or_some(f"count(ALERTS{{{labels}}})", minutes, expected)


def none_or_some(expression, minutes, expected):
    return {"expr": f"{expression} or vector(0)", "eval_time": f"{minutes}m",
            "exp_samples": [{"labels": "{}", "value": expected}]}


def run_promtool(folder, input_series, expectations, step=STEP):
    file = folder / "test.yml"  # JSON is YAML
    file.write_text(json.dumps({
        "rule_files": [str(RULES_FILE)], "evaluation_interval": step,
        "tests": [{"interval": step, "input_series": input_series, "promql_expr_test": expectations}]}))
    done = subprocess.run(["promtool", "test", "rules", file], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def run_checker(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_promtool_finds_nothing_wrong_with_the_rules():
    run_checker("promtool", "check", "rules", RULES_FILE)


def test_promtool_finds_nothing_wrong_with_the_example_of_a_configuration():
    run_checker("promtool", "check", "config", RULES_FILE.parent / "prometheus.yml")


def test_each_alert_has_a_case():
    assert {name_of(alert) for alert in ALERTS} == set(CASES)


@pytest.mark.parametrize("alert", ALERTS, ids=name_of)
def test_each_alert_fires_when_its_objective_is_broken_and_is_quiet_when_it_is_not(alert, tmp_path):
    broken, kept, at, step = (*CASES[name_of(alert)], 30, STEP)[:4]
    run_promtool(tmp_path, broken, [firing(alert, at, 1)], step)
    run_promtool(tmp_path, kept, [firing(alert, minute, 0) for minute in (*FIRST_MINUTES, at)], step)


@pytest.mark.parametrize("alert,condition,minutes,severity", [
    ("high_response_time", "souk:api_p95 > 0.2", 5, "warning"),
    ("database_slow_queries", "souk:database_p95 > 0.05", 2, "warning"),
    ("low_cache_hit_ratio", "souk:cache_hit_ratio < 0.85", 10, "warning"),
    ("high_error_rate", "souk:api_error_rate > 0.01", 2, "critical"),
])
def test_the_four_alerts_of_the_rfc_have_its_conditions_durations_and_severities(alert, condition, minutes, severity,
                                                                                 tmp_path):
    rule, = [one for one in ALERTS if one["alert"] == alert]
    assert (rule["expr"], rule["for"], rule["labels"]["severity"]) == (condition, f"{minutes}m", severity)
    # The condition is true soon after the first samples: then the duration counts.
    run_promtool(tmp_path, CASES[alert][0], [firing(rule, minutes, 0), firing(rule, minutes + 1, 1)])


def test_a_shop_without_traffic_has_no_alert_and_no_value_that_is_not_a_number(tmp_path):
    records = [rule["record"] for rule in RULES if "record" in rule]
    run_promtool(tmp_path, IDLE,
                 [none_or_some('count(ALERTS)', minute, 0) for minute in FIRST_MINUTES] +
                 [none_or_some(f"count({record} != {record})", 30, 0) for record in records])


def test_a_share_is_0_before_the_first_series_of_its_kind_exists(tmp_path):
    run_promtool(tmp_path, [series("souk_http_requests_total", "0+10x40", status="200", priority="browse")],
                 [{"expr": "souk:api_error_rate", "eval_time": "5m",
                   "exp_samples": [{"labels": 'souk:api_error_rate{job="souk"}', "value": 0}]}])


@pytest.mark.parametrize("alert", ALERTS, ids=name_of)
def test_each_alert_says_what_to_do_and_has_a_page_that_says_the_same(alert):
    notes = alert["annotations"]
    assert notes["summary"] and notes["customers"]
    page = (ROOT / notes["runbook"]).read_text()
    assert page.startswith(f"# {alert['alert']}\n")
    commands = notes["commands"].splitlines()
    assert len(commands) == 3
    for command in commands:
        assert command in page.splitlines()
    assert f"| [{alert['alert']}](runbooks/{alert['alert']}.md) |" in (ROOT / "docs/monitoring.md").read_text()


def test_each_runbook_is_that_of_an_alert():
    pages = {page.stem for page in (ROOT / "docs" / "runbooks").iterdir()}
    assert pages == {alert["alert"] for alert in ALERTS}


def test_amtool_finds_nothing_wrong_with_the_example():
    run_checker("amtool", "check-config", ALERTMANAGER_FILE)


@pytest.mark.parametrize("severity,receivers", [("critical", "on_call,mail"), ("warning", "mail")])
def test_alerts_are_routed_by_their_severity(severity, receivers):
    told = run_checker("amtool", "config", "routes", "test", "--config.file", ALERTMANAGER_FILE, f"severity={severity}")
    assert told.strip() == receivers


def test_only_alerts_that_exist_are_inhibited():
    rules = yaml.safe_load(ALERTMANAGER_FILE.read_text())["inhibit_rules"]
    matchers = [matcher for rule in rules for matcher in rule["source_matchers"] + rule["target_matchers"]]
    named = {name for matcher in matchers if matcher.startswith("alertname")
             for name in matcher.split("=", 1)[1].strip('~ "').split("|")}
    assert named and named <= {alert["alert"] for alert in ALERTS}
