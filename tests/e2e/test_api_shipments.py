"""Shipments: units leave the warehouse in parts, and the order, its stock and its buyer follow."""

import pytest
from contract import items, lines, statements_of


@pytest.fixture(scope="module")
def customer(market):
    return market.customer()


def paid_order(market, customer, *products, quantity=3):
    order = market.order(customer, *products, quantity=quantity).json()
    paid = customer.post(f"/api/orders/{order['id']}/payments", {"method": "sandbox-ok"})
    assert paid.status_code == 201, paid.text
    return order


def ship(market, order, body, **more):
    return market.admin.post(f"/api/orders/{order['id']}/shipments", body, **more)


def shipped_of(customer, order):
    read = customer.get(f"/api/orders/{order['id']}").json()
    return read["status"], [item["shipped"] for item in read["items"]]


def stock_of(market, product):
    stock = market.anonymous.get(f"/api/products/{product['id']}/stock").json()
    return stock["onHand"], stock["reserved"]


def test_an_order_is_shipped_in_parts_and_the_last_has_all_that_is_left(market, customer):
    kettle, lamp = market.product(units=10), market.product(units=10)
    order = paid_order(market, customer, kettle, lamp)
    travels = {"carrier": "DHL", "trackingNumber": "0034", "trackingUrl": "https://carrier.example/0034"}
    first = ship(market, order, {"items": lines(kettle, quantity=2)} | travels)
    assert first.status_code == 201, first.text
    shipment = first.json()
    assert {name: shipment[name] for name in travels} == travels
    assert shipment["items"] == [{"productId": kettle["id"], "quantity": 2}]
    assert shipped_of(customer, order) == ("partially_shipped", [2, 0])
    assert (stock_of(market, kettle), stock_of(market, lamp)) == ((8, 1), (10, 3))

    last = ship(market, order, {})
    assert last.json()["carrier"] is None
    assert shipped_of(customer, order) == ("shipped", [3, 3])
    assert (stock_of(market, kettle), stock_of(market, lamp)) == ((7, 0), (7, 0))
    assert items(customer, f"/api/orders/{order['id']}/shipments") == [shipment, last.json()]
    refused = ship(market, order, {})
    assert (refused.status_code, refused.json()["code"]) == (409, "illegal_transition")


def test_statements_of_a_shipment_are_fixed(market, customer):
    products = [market.product(units=10) for _ in range(5)]
    order = paid_order(market, customer, *products)
    assert statements_of(ship(market, order, {"items": lines(*products, quantity=1)})) == 11
    assert statements_of(market.admin.post(f"/api/orders/{order['id']}/ship")) == 11


def test_a_shipment_that_is_sent_again_ships_once(market, customer):
    product = market.product(units=10)
    order = paid_order(market, customer, product)
    again = {"headers": {"Idempotency-Key": "a shipment"}}
    body = {"items": lines(product, quantity=1)}
    first, second = ship(market, order, body, **again), ship(market, order, body, **again)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert second.headers["Idempotency-Replayed"] == "true"
    assert shipped_of(customer, order) == ("partially_shipped", [1])
    other = ship(market, order, body | {"carrier": "UPS"}, **again)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize("body, pointer", [
    ({"items": []}, "/items"),
    ({"items": [{"quantity": 4}]}, "/items/0/quantity"),
    ({"carrier": ""}, "/carrier"),
    ({"trackingNumber": "1\n2"}, "/trackingNumber"),
    ({"trackingUrl": "javascript:alert(1)"}, "/trackingUrl")])
def test_a_shipment_that_makes_no_sense_is_refused_where_it_is_wrong(market, customer, body, pointer):
    product = market.product(units=10)
    order = paid_order(market, customer, product)
    for line in body.get("items", []):
        line["productId"] = product["id"]
    refused = ship(market, order, body)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
    assert shipped_of(customer, order) == ("paid", [0])


def test_units_of_another_product_are_not_shipped(market, customer):
    order = paid_order(market, customer, market.product(units=10))
    refused = ship(market, order, {"items": lines(market.product(units=10), quantity=1)})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/items/0/productId")


def test_exports_and_the_search_tell_of_partially_shipped_orders(market, customer):
    product = market.product(units=10)
    order = paid_order(market, customer, product)
    assert ship(market, order, {"items": lines(product, quantity=1)}).status_code == 201
    found = market.admin.get("/api/orders/search", params={"status": "partially_shipped", "product": product["id"]})
    assert [(one["id"], one["items"][0]["shipped"]) for one in found.json()["items"]] == [(order["id"], 1)]
    export = market.shop.admin().get("/api/orders/export", headers={"Accept": "text/csv"}).text
    (line,) = [line for line in export.splitlines() if line.startswith(order["id"])]
    assert line.split(",")[2] == "partially_shipped"
    assert line.endswith(",1,0,0")
