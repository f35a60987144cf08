"""Traces: from a client through the shop, its outbox and its jobs to the receivers of its webhooks."""

import contextlib
import email.utils
import json
import os
import re
import secrets
import threading
import time
import uuid

import psycopg2
import pytest
import requests
from certificates import Authority
from chromium import Browser
from conftest import PASSWORD, Shop
from contract import Market
from monitoring import Monitoring
from otlp_collector import Collector
from postgres_server import PostgresServer
from souk_process import Souk, operator_url, run_souk, wait_until
from test_dashboard import AXE, Board, needs_chromium
from test_order_events import FAST, metric
from webhook_receiver import Receiver

EXPORTED = ["--set", "tracing.interval=20ms", "--set", "tracing.sampled=1"]
SERVER, CLIENT, CONSUMER = 2, 3, 5
TRIES_MAX = 5  # of a batch


def new_trace(sampled=True):
    """The ids of a client's trace and span, and the header that names them."""
    trace, span = secrets.token_hex(16), secrets.token_hex(8)
    return trace, span, {"traceparent": f"00-{trace}-{span}-{'01' if sampled else '00'}"}


def settings(collector, *more):
    pairs = [f"tracing.endpoint={collector.url}", *more]
    return [*EXPORTED, *(part for pair in pairs for part in ("--set", pair))]


@pytest.fixture(scope="module")
def collector():
    with Collector() as one:
        yield one
        assert one.wrong == []


@pytest.fixture(scope="module")
def traced(start_shop, collector):
    return start_shop(*FAST, *settings(collector, "telemetry.server_timing=true",
                                       "tracing.attributes=deployment.environment=test"))


def root_of(spans, name):
    (root,) = [span for span in spans if span.name == name]
    return root


def within(spans, outer):
    return [span for span in spans if span.parent == outer.id]


def order_with(shop, headers):
    market = Market(shop)
    customer = market.customer()
    body = {"items": [{"productId": market.product()["id"], "quantity": 1}]}
    placed = customer.request("POST", "/api/orders", json=body,
                              headers=headers | {"Idempotency-Key": secrets.token_hex(8)})
    assert placed.status_code == 201, placed.text
    return placed


def test_an_order_is_one_trace_from_the_client_to_the_receiver_of_its_event(traced, collector):
    trace, span, headers = new_trace()
    with Receiver() as receiver:
        made = traced.admin().post("/api/webhooks", {"url": receiver.url, "events": ["order.placed"]})
        assert made.status_code == 201, made.text
        order = order_with(traced, headers).json()
        wait_until(lambda: receiver.of_order(order["id"]), traced.souk.said)
        (told,) = receiver.of_order(order["id"])
        wait_until(lambda: any(span.name == "webhook" for span in collector.of(trace)), traced.souk.said)
        assert traced.admin().delete(f"/api/webhooks/{made.json()['id']}").status_code == 204
    spans = collector.of(trace)

    request = root_of(spans, "POST /api/orders")
    assert (request.parent, request.kind, request.failed) == (span, SERVER, False)
    assert request.attributes["http.response.status_code"] == "201"
    assert request.resource["service.name"] == "souk"
    assert request.resource["deployment.environment"] == "test"
    assert request.resource["service.version"]

    (handler,) = [one for one in within(spans, request) if one.name == "handler"]
    (queue,) = [one for one in within(spans, handler) if one.attributes["souk.kind"] == "queue"]
    statements = [one for one in within(spans, queue) if one.attributes["souk.kind"] == "statement"]
    assert {"jobs.append", "commit"} <= {one.name for one in statements}
    assert all(queue.start <= one.start <= one.end <= queue.end for one in statements)

    (event,) = [one for one in spans if one.name == "events.named"]
    assert (event.parent, event.kind) == (request.id, CONSUMER)
    (call,) = [one for one in spans if one.name == "webhook"]
    assert call.kind == CLIENT
    assert told.headers["traceparent"] == f"00-{trace}-{call.id}-01", "the receiver's spans lie within the call"
    (delivery,) = [one for one in spans if one.id == call.parent]
    assert (delivery.kind, delivery.parent) == (CONSUMER, request.id)


def test_a_load_of_the_cache_shows_redis_and_its_statement_with_its_rows(traced, collector):
    product = Market(traced).product()
    trace, _, headers = new_trace()
    assert traced.anonymous().get(f"/api/products/{product['id']}", headers=headers).status_code == 200
    wait_until(lambda: collector.of(trace), traced.souk.said)
    spans = collector.of(trace)
    (load,) = [one for one in spans if one.attributes.get("souk.kind") == "cache"]
    inner = {one.attributes["souk.kind"]: one for one in within(spans, load)}
    assert inner["redis"].attributes["db.system.name"] == "redis"
    assert inner["statement"].attributes["db.system.name"] == "postgresql"
    assert inner["statement"].attributes["db.response.returned_rows"] == "1"

    trace, _, headers = new_trace()
    assert traced.anonymous().get(f"/api/products/{product['id']}", headers=headers).status_code == 200
    wait_until(lambda: collector.of(trace), traced.souk.said)
    assert [one.name for one in collector.of(trace)] == ["GET /api/products/{id}", "handler"], "from memory"


def test_a_sign_in_shows_what_the_guard_of_all_nodes_asked_of_redis(traced, collector):
    customer = traced.register()
    trace, _, headers = new_trace()
    signed_in = traced.anonymous().request("POST", "/api/sessions", headers=headers,
                                           json={"email": customer.email, "password": PASSWORD})
    assert signed_in.status_code == 201, signed_in.text
    wait_until(lambda: {"accounts.admit", "accounts.take_back"} <= {
        span.name for span in collector.of(trace) if span.attributes.get("db.system.name") == "redis"},
        lambda: f"{traced.souk.said()}\n{collector.of(trace)}")


def test_a_share_is_kept_and_who_trusts_callers_follows_their_flag(start_shop, collector):
    none = start_shop(*settings(collector, "tracing.sampled=0"))
    following = start_shop(*settings(collector, "tracing.sampled=0", "tracing.follow_callers=true"))
    asked = {}
    for name, shop, sampled in (("stranger", none, True), ("unsampled", following, False), ("followed", following, True)):
        asked[name], _, headers = new_trace(sampled)
        assert shop.anonymous().get("/api/categories", headers=headers).status_code == 200
    wait_until(lambda: collector.of(asked["followed"]), following.souk.said)
    assert metric(following, "souk_traces_kept_total", reason="sampled") == 1
    assert metric(none, "souk_traces_kept_total", reason="sampled") == 0
    assert collector.of(asked["unsampled"]) == collector.of(asked["stranger"]) == []


def test_a_collector_that_is_away_costs_traces_and_nothing_else(start_shop):
    with Collector() as collector:
        shop = start_shop(*settings(collector, "tracing.timeout=50ms"))
        collector.hold.clear()
        for _ in range(3):
            assert shop.anonymous().get("/api/categories").status_code == 200
        wait_until(lambda: metric(shop, "souk_trace_export_failures_total") >= 1, shop.souk.said)
        wait_until(lambda: metric(shop, "souk_traces_dropped_total", reason="export_failed") >= 1, shop.souk.said)
        assert "traces_not_exported" in shop.souk.log.read_text()
        collector.hold.set()
        trace, _, headers = new_trace()
        assert shop.anonymous().get("/api/categories", headers=headers).status_code == 200
        wait_until(lambda: collector.of(trace), shop.souk.said)
        collector.status = 400  # permanent: the batch is dropped at once, and the next one is sent
        dropped = metric(shop, "souk_traces_dropped_total", reason="export_failed")
        assert shop.anonymous().get("/api/categories").status_code == 200
        wait_until(lambda: metric(shop, "souk_traces_dropped_total", reason="export_failed") > dropped, shop.souk.said)


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_collector_that_asks_for_time_gets_it_and_then_the_traces(start_shop, form):
    asked = 3  # seconds; the first pause is half a second at most by itself
    with Collector() as collector:
        shop = start_shop(*settings(collector))
        collector.status = 503
        collector.headers = lambda: {"Retry-After": str(asked) if form == "seconds" else
                                     email.utils.formatdate(time.time() + asked, usegmt=True)}
        trace, _, headers = new_trace()
        assert shop.anonymous().get("/api/categories", headers=headers).status_code == 200
        wait_until(lambda: collector.requests == 1, shop.souk.said)
        collector.status = 200
        wait_until(lambda: collector.of(trace), shop.souk.said)
        assert collector.times[1] - collector.times[0] > asked
        assert metric(shop, "souk_traces_dropped_total") == 0


def lines_of(shop, event):
    return [line for line in map(json.loads, shop.souk.log.read_text().splitlines()) if line.get("event") == event]


def ask_until_exported(shop, collector):
    trace, _, headers = new_trace()
    assert shop.anonymous().get("/api/categories", headers=headers).status_code == 200
    wait_until(lambda: collector.of(trace), shop.souk.said)


def test_a_collector_with_a_certificate_of_ones_own_authority_gets_traces_by_tls(start_shop, new_folder):
    authority = Authority(new_folder())
    authority.issue("collector")
    with Collector(certificate=authority.folder / "collector.pem") as collector:
        shop = start_shop(*settings(collector, f"tracing.ca_file={authority.file}"))
        ask_until_exported(shop, collector)
        assert collector.wrong == []
        assert metric(shop, "souk_trace_export_failures_total") == 0


@pytest.mark.parametrize("wrong", ["authority", "name"])
def test_a_collector_that_is_not_trusted_gets_nothing_and_requests_go_on(start_shop, new_folder, wrong):
    trusted, other = Authority(new_folder()), Authority(new_folder())
    trusted.issue("right")
    issuer, names = {"authority": (other, ("127.0.0.1",)), "name": (trusted, ("elsewhere.example",))}[wrong]
    issuer.issue("wrong", names)
    with Collector(certificate=issuer.folder / "wrong.pem") as collector:
        shop = start_shop(*settings(collector, f"tracing.ca_file={trusted.file}"))
        for _ in range(3):
            assert shop.anonymous().get("/api/categories").status_code == 200
        wait_until(lambda: metric(shop, "souk_traces_dropped_total", reason="export_failed") >= 1, shop.souk.said)
        assert collector.requests == 0
        attempts = metric(shop, "souk_trace_export_failures_total")
        assert attempts <= TRIES_MAX * metric(shop, "souk_traces_kept_total"), "a batch has a trace, and so many tries"
        (line,) = lines_of(shop, "traces_not_exported")
        assert re.search("certificate|mismatch", line["reason"]), line
        assert lines_of(shop, "traces_exported") == []
        collector.use(trusted.folder / "right.pem")
        ask_until_exported(shop, collector)
        wait_until(lambda: len(lines_of(shop, "traces_exported")) == 1, shop.souk.said)
        assert len(lines_of(shop, "traces_not_exported")) == 1


def test_spans_that_a_collector_refuses_are_counted_and_never_sent_again(start_shop):
    with Collector() as collector:
        collector.partial = {"rejectedSpans": "1", "errorMessage": "too many attributes"}
        shop = start_shop(*settings(collector))
        asked = []
        for _ in range(3):
            trace, _, headers = new_trace()
            assert shop.anonymous().get("/api/categories", headers=headers).status_code == 200
            wait_until(lambda: collector.of(trace), shop.souk.said)
            asked.append(trace)
        wait_until(lambda: metric(shop, "souk_trace_spans_rejected_total") == collector.requests, shop.souk.said)
        (line,) = lines_of(shop, "traces_partial_success")
        assert (line["rejectedSpans"], line["reason"]) == (1, "too many attributes")
        collector.partial = {"rejectedSpans": str(10**9)}
        ask_until_exported(shop, collector)
        wait_until(lambda: metric(shop, "souk_trace_spans_rejected_total") >= collector.requests, shop.souk.said)
        assert metric(shop, "souk_trace_spans_rejected_total") <= len(collector.spans), "no more than were sent"
        for trace in asked:
            spans = [span.id for span in collector.of(trace)]
            assert len(spans) == len(set(spans)), "sent once"
        assert metric(shop, "souk_trace_export_failures_total") == 0
        assert metric(shop, "souk_traces_dropped_total") == 0


@pytest.fixture(scope="module")
def slow(start_shop):
    """A shop without a collector."""
    return start_shop("--set", "telemetry.slow_request=40ms")


def trace_command(shop, *arguments):
    return run_souk("trace", "--url", shop.souk.url, *arguments, environment=os.environ, cwd=shop.souk.folder)


HELD_ATTEMPTS_MAX = 10


def held(shop, seconds=0.05):
    """A request that waits for a lock of the test's, of a product that there is not: it is slow however fast the
    machine is. Asked again if it gave up (lock_timeout) before a slow machine came to end its wait.
    """
    for _ in range(HELD_ATTEMPTS_MAX):
        answer = held_once(shop, seconds)
        if answer.status_code == 404:
            break
    return answer


def held_once(shop, seconds):
    with psycopg2.connect(shop.database_url) as connection, connection.cursor() as cursor:
        cursor.execute("LOCK TABLE products IN ACCESS EXCLUSIVE MODE")
        answers = []
        path = f"/api/products/{uuid.uuid4()}"
        thread = threading.Thread(target=lambda: answers.append(shop.anonymous().get(path)))
        thread.start()
        wait_until(lambda: answers or shop.query("SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                                                 "AND datname = current_database()"), shop.souk.said)
        time.sleep(seconds)  # at least so long it takes
        connection.rollback()
        thread.join()
    return answers[0]


def test_where_the_time_of_a_slow_request_went_is_shown_without_a_collector(slow):
    answer = held(slow)
    request_id = answer.headers["X-Request-Id"]
    told = trace_command(slow, request_id)
    assert told.returncode == 0, told.stderr
    lines = told.stdout.splitlines()
    assert re.match(r"GET /api/products/{id}, 404, slow, [\d.]+ ms", lines[0])
    assert request_id in lines[1]
    (statement,) = [line for line in lines if "statement" in line and "catalog" in line]
    whole, of_statement = (float(re.search(r"\+ *([\d.]+) ms", line).group(1)) for line in (lines[2], statement))
    assert of_statement >= 50
    assert of_statement <= whole
    by_trace = trace_command(slow, re.search(r"trace ([0-9a-f]{32})", lines[1]).group(1))
    assert by_trace.stdout.splitlines()[0] == lines[0]
    listed = trace_command(slow)
    assert request_id in listed.stdout
    unknown = trace_command(slow, "018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b01")
    assert unknown.returncode == 1
    assert "keeps no trace" in unknown.stderr


def test_traces_are_not_on_the_shops_address(slow):
    assert slow.anonymous().session.get(slow.souk.url + "/traces").status_code == 404
    assert slow.anonymous().session.get(operator_url(slow.souk.url) + "/traces").status_code == 200


@needs_chromium
@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_the_dashboard_lists_slow_requests_with_their_waterfalls(slow, new_folder, width, dark):
    request_id = held(slow).headers["X-Request-Id"]
    board = Board(slow)
    (kept,) = board.get(board.session(), f"traces/{request_id}")["traces"]
    with Browser(new_folder()) as browser:
        page = browser.page(f"{board.url}/dashboard", width=width, dark=dark)
        page.wait("document.getElementById('sign-in')?.hidden === false")
        page.run(f"""fetch("/dashboard/session", {{method: "POST", headers: {{"Content-Type": "application/json"}},
            body: JSON.stringify({json.dumps({"email": board.email, "password": PASSWORD})})}}).then(() => 0)""")
        page.call("Page.reload")
        entry = f"document.querySelector('#slow-list details[data-run^=\"{request_id}\"]')"
        page.wait(f"{entry} !== null")
        assert page.run(f"{entry}.querySelector('summary b').textContent") == "GET /api/products/{id}"
        page.run(f"{entry}.querySelector('summary').focus()")
        page.press("Enter")
        page.wait(f"{entry}.querySelectorAll('.waterfall li').length === {len(kept['spans']) + 1}")
        shown = page.run(f"[...{entry}.querySelectorAll('.waterfall .what')].map(each => each.textContent)")
        assert shown[0] == "request GET /api/products/{id}"
        assert shown[1:] == [one["name"] if one["kind"] == one["name"] else f"{one['kind']} {one['name']}"
                             for one in kept["spans"]]
        widths = page.run(f"[...{entry}.querySelectorAll('.track i:not(.waiting)')].map(each => "
                          "each.getBoundingClientRect().width / each.parentElement.getBoundingClientRect().width)")
        for span, share in zip(kept["spans"], widths[1:], strict=True):
            assert abs(share - span["durationMicros"] / kept["durationMicros"]) < 0.02
        page.run(AXE.read_text())
        assert page.run("""axe.run(document, {resultTypes: ["violations"]}).then(result =>
            result.violations.map(found => [found.id, found.nodes.map(node => node.html).slice(0, 3)]))""") == []
        assert page.run("document.documentElement.scrollWidth") <= width
        assert [error for error in page.errors() if "status of 401" not in json.dumps(error)] == []


def test_the_dashboards_traces_are_for_administrators(slow):
    board = Board(slow)
    for what in ("traces", "traces/018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b01"):
        assert requests.get(f"{board.url}/dashboard/{what}", timeout=10).status_code == 401


def test_metrics_are_openmetrics_for_who_asks_and_lead_to_the_traces_of_slow_requests(slow, new_folder):
    trace = trace_command(slow, held(slow).headers["X-Request-Id"], "--json")
    trace_id = json.loads(trace.stdout)["traces"][0]["traceId"]
    metrics = operator_url(slow.souk.url) + "/metrics"
    plain = requests.get(metrics, timeout=10)
    assert plain.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert "trace_id" not in plain.text
    asked = requests.get(metrics, headers={"Accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"},
                         timeout=10)
    assert asked.headers["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert asked.text.endswith("\n# EOF\n")
    with Monitoring(new_folder(), slow.souk, 0.05) as monitoring:
        def exemplars():
            found = requests.get(f"http://{monitoring.url}/api/v1/query_exemplars", params={
                "query": 'souk_http_request_duration_seconds_bucket{route="/api/products/{id}"}',
                "start": time.time() - 600, "end": time.time() + 600}, timeout=10).json()
            return {one["labels"]["trace_id"] for series in found["data"] for one in series["exemplars"]}

        wait_until(lambda: trace_id in exemplars(), monitoring.said)
        # The whole page was read, so all of it is valid OpenMetrics.
        wait_until(lambda: [value for _, value in monitoring.query('up{job="souk"}')] == [1], monitoring.said)


EXPLAIN = ["--set", "database.explain_slow=30ms"]


def test_plans_of_slow_statements_are_logged_without_values(new_folder):
    with contextlib.ExitStack() as stack:
        database = PostgresServer()
        stack.callback(database.remove)
        environment = os.environ | {"DATABASE_URL": database.url, "REDIS_URL": ""}
        assert run_souk("migrate", environment=environment).returncode == 0
        database.query("ALTER TABLE products RENAME TO all_products")
        database.query("CREATE VIEW products AS SELECT * FROM all_products WHERE (SELECT pg_sleep(0.05)::text) IS NOT NULL")
        souk = stack.enter_context(Souk("serve", *EXPLAIN, folder=new_folder(), environment=environment))
        wait_until(lambda: "slow_statements_explained" in souk.log.read_text(), souk.said)
        asked = str(uuid.uuid4())
        assert souk.client().get(f"/api/products/{asked}").status_code == 404
        log = database.folder / "log"
        wait_until(lambda: "Query Text" in log.read_text(), database.log)
        text = log.read_text()
        assert "One-Time Filter" in text, "the plan"
        assert asked not in text


def test_a_role_that_may_not_explain_is_told_so_and_what_helps_does(new_folder):
    with contextlib.ExitStack() as stack:
        database = PostgresServer()
        stack.callback(database.remove)
        database.query("CREATE ROLE shop LOGIN")
        database.query("ALTER SCHEMA public OWNER TO shop")
        database.query("GRANT CREATE ON DATABASE postgres TO shop")  # for the extensions of searches
        url = f"{database.url}&user=shop"
        environment = os.environ | {"DATABASE_URL": url, "REDIS_URL": ""}
        assert run_souk("migrate", environment=environment).returncode == 0
        with Souk("serve", *EXPLAIN, folder=new_folder(), environment=environment) as souk:
            wait_until(lambda: "slow_statements_not_explained" in souk.log.read_text(), souk.said)
            reason = souk.log.read_text()
        assert "GRANT SET ON PARAMETER auto_explain.log_min_duration" in reason
        database.query("ALTER ROLE shop SET session_preload_libraries = 'auto_explain'")
        database.query("DO $$ BEGIN LOAD 'auto_explain'; "
                       "GRANT SET ON PARAMETER auto_explain.log_min_duration TO shop; END $$")
        with Souk("serve", *EXPLAIN, folder=new_folder(), environment=environment) as souk:
            wait_until(lambda: '"event":"slow_statements_explained"' in souk.log.read_text(), souk.said)
            assert '"aboveMilliseconds":30' in souk.log.read_text()
