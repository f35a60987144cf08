"""Visits by response time: followed in the node's memory, stored as sums when they end or the node stops."""

import csv
import io
import uuid

import pytest
from contract import Market, lines, operation_of, statements_of, validate
from souk_process import Client

REPORT = "/api/reports/visits"


@pytest.fixture
def visited(start_shop):
    """A shop that was visited and stopped, and started again."""
    shop = start_shop("--set", "telemetry.server_timing=true", "--set", "runtime.workers=2")
    market = Market(shop)
    product = market.product()
    looker, buyer, payer = (market.customer() for _ in range(3))
    assert looker.get("/api/users/me").status_code == 200
    assert buyer.post("/api/reservations", {"items": lines(product)}).status_code == 201
    assert market.order(buyer, product).status_code == 201
    assert market.order(buyer, product, quantity=10**6).status_code == 409
    assert buyer.get("/api/reservations").status_code == 200
    # Without a read that succeeds there is no response time.
    blind = market.customer()
    assert market.order(blind, product).status_code == 201
    assert blind.get(f"/api/orders/{uuid.uuid4()}").status_code == 404
    order = market.order(payer, product).json()
    # On connections of their own, perhaps of another worker: the same visit.
    for _ in range(4):
        again = market.another(payer)
        assert again.get(f"/api/products/{product['id']}").status_code == 200
        assert again.get("/api/orders").status_code == 200
    assert payer.post(f"/api/orders/{order['id']}/payments", {"method": "sandbox-ok"}).status_code == 201
    assert Client(shop.souk.url, "x" * 43).get("/api/orders").status_code == 401  # nobody's
    # Each once, of whichever worker; of administrators and strangers none.
    assert "\nsouk_statistics_visits_in_progress 4\n" in shop.anonymous().get("/metrics").text
    souk = shop.souk
    assert souk.stop() == 0
    souk.__init__(*souk.arguments, folder=souk.folder, environment=souk.environment, port=souk.port)
    return Market(shop)


def test_visits_are_counted_by_how_far_they_came_and_how_fast_the_shop_was(visited):
    answer = visited.admin.get(REPORT + "?to=9998-01-01T00:00:01Z&from=9997-01-02")
    assert answer.json() == {"from": "9997-01-02T00:00:00.000000Z", "to": "9998-01-02T00:00:00.000000Z", "groups": []}
    assert visited.admin.get(REPORT + "?timezone=Europe/Berlin").status_code == 422
    answer = visited.admin.get(REPORT)
    assert statements_of(answer) == operation_of("GET", REPORT)["x-statement-budget"]
    report = answer.json()
    validate(report, {"$ref": "#/components/schemas/VisitReport"})
    groups = report["groups"]
    bounds = [group["slowerThanMs"] for group in groups]
    assert bounds == sorted(set(bounds))
    totals = {name: sum(group[name] for group in groups) for name in ("visits", "withHold", "withOrder", "withPayment")}
    # Three of the four customers had an answer to a read.
    assert totals == {"visits": 3, "withHold": 1, "withOrder": 2, "withPayment": 1}
    file = Client(visited.shop.souk.url, visited.shop.admin_token).get(REPORT, headers={"Accept": "text/csv"})
    assert file.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(file.text)))
    assert rows == [{name: str(value) for name, value in group.items()} for group in groups]
    # Nothing that is stored of them names anybody.
    columns = visited.shop.query("SELECT column_name FROM information_schema.columns WHERE table_name = 'visit_statistics'")
    assert {name for name, in columns} == {"day", "slower_than_ms", "visits", "with_hold", "with_order", "with_payment"}
