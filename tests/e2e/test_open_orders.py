"""Unpaid orders: they expire, and each customer may have only a limited number."""

import pytest
from contract import CheckedClient, Market, lines, statements_of
from souk_process import wait_until

HOUR_AGO = ("SET session_replication_role = replica; "  # no trigger, which would set it to now
            "UPDATE orders SET updated_at = now() - interval '1 hour' WHERE id = %s")


@pytest.fixture(scope="module")
def market(start_shop):
    return Market(start_shop(
        "--set", "telemetry.server_timing=true", "--set", "checkout.expiry_interval=100ms",
        "--set", "http.trusted_proxies=127.0.0.1", "--set", "checkout.max_open_orders_per_user=3",
        "--set", "checkout.max_open_orders_per_network=2"))


def order_from(market, address, product):
    return market.customer().post("/api/orders", {"items": lines(product)}, headers={"X-Forwarded-For": address})


def test_an_order_that_nobody_pays_ends_and_its_units_can_be_bought(market):
    customer, product = market.customer(), market.product(units=5)
    order = market.order(customer, product, quantity=5).json()
    assert market.order(market.customer(), product).status_code == 409
    market.shop.query(HOUR_AGO, (order["id"],))
    path = f"/api/orders/{order['id']}"
    wait_until(lambda: customer.get(path).json()["status"] == "cancelled", lambda: customer.get(path).text)
    assert market.order(market.customer(), product, quantity=5).status_code == 201
    step = customer.get(f"{path}/transitions").json()["items"][0]
    assert (step["to"], step["by"]["kind"], step["note"]) == ("cancelled", "system", "not paid in time")


def test_a_customer_has_a_bounded_number_of_unpaid_orders(market):
    customer, product = market.customer(), market.product(units=100)
    for _ in range(3):
        placed = market.order(customer, product)
        assert (placed.status_code, statements_of(placed)) == (201, 10)
    refused = market.order(customer, product)
    assert (refused.status_code, refused.json()["code"]) == (409, "limit_reached")
    assert market.stock(product)["available"] == 97


def test_a_network_has_a_bounded_number_of_unpaid_orders(market):
    product = market.product(units=100)
    for address in ("203.0.113.7", "203.0.113.7", "203.0.113.8"):
        assert order_from(market, address, product).status_code == 201
    refused = order_from(market, "203.0.113.7", product)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert int(refused.headers["Retry-After"]) > 0
    for host in (1, 2):
        assert order_from(market, f"2001:db8:1:2::{host}", product).status_code == 201
    assert order_from(market, "2001:db8:1:2::3", product).status_code == 429, "one /64 is one network"


def test_the_load_tester_is_not_limited(market):
    token = (market.shop.souk.folder / "tokens.txt").read_text().split()[0]
    tester, product = CheckedClient(market.shop.souk.url, token), market.product(units=100)
    for _ in range(4):
        assert tester.post("/api/orders", {"items": lines(product)},
                           headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 201
