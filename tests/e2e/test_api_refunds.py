"""Refunds of a part: money goes back by amount or by lines, and stock only where it is asked."""

import pytest
from contract import at_once, items, statements_of


@pytest.fixture(scope="module")
def customer(market):
    return market.customer()


def paid_order(market, customer, *products, quantity=3, method="sandbox-ok"):
    order = market.order(customer, *products, quantity=quantity).json()
    paid = customer.post(f"/api/orders/{order['id']}/payments", {"method": method})
    assert paid.status_code == 201, paid.text
    return order


def refund(market, order, body, **more):
    return market.admin.post(f"/api/orders/{order['id']}/refunds", body, **more)


def euro(cents):
    return {"amount": cents, "currency": "EUR"}


def euros(cents):
    return {"amount": euro(cents)}


def read(customer, order):
    return customer.get(f"/api/orders/{order['id']}").json()


def stock_of(market, product):
    stock = market.anonymous.get(f"/api/products/{product['id']}/stock").json()
    return stock["onHand"], stock["reserved"]


def test_money_goes_back_in_parts_until_nothing_is_left(market, customer):
    product = market.product(price=euro(100), units=10)
    order = paid_order(market, customer, product)
    first = refund(market, order, euros(120) | {"reason": "arrived late"})
    assert first.status_code == 201, first.text
    assert (first.json()["status"], first.json()["reason"], first.json()["items"]) == ("done", "arrived late", [])
    assert (read(customer, order)["status"], read(customer, order)["refunded"]["amount"]) == ("paid", 120)
    (payment,) = items(customer, f"/api/orders/{order['id']}/payments")
    assert (payment["status"], payment["refunded"]["amount"]) == ("captured", 120)
    too_much = refund(market, order, euros(181))
    assert (too_much.status_code, too_much.json()["errors"][0]["pointer"]) == (422, "/amount")

    last = refund(market, order, euros(180))
    assert (read(customer, order)["status"], read(customer, order)["refunded"]["amount"]) == ("refunded", 300)
    assert items(customer, f"/api/orders/{order['id']}/refunds") == [first.json(), last.json()]
    over = refund(market, order, euros(1))
    assert (over.status_code, over.json()["code"]) == (409, "illegal_transition")


def test_lines_go_back_and_their_units_where_it_is_asked(market, customer):
    kettle, lamp = market.product(price=euro(100), units=10), market.product(price=euro(50), units=10)
    order = paid_order(market, customer, kettle, lamp)
    shipped = [{"productId": kettle["id"], "quantity": 3}]
    assert market.admin.post(f"/api/orders/{order['id']}/shipments", {"items": shipped}).status_code == 201
    parts = [{"productId": kettle["id"], "quantity": 1, "restock": True},
             {"productId": lamp["id"], "quantity": 2, "restock": True}]
    done = refund(market, order, {"items": parts})
    assert (done.status_code, done.json()["amount"]["amount"]) == (201, 200)
    assert sorted(done.json()["items"], key=lambda part: part["quantity"]) == parts
    assert (stock_of(market, kettle), stock_of(market, lamp)) == ((8, 0), (10, 1))
    assert [(line["shipped"], line["refunded"]) for line in read(customer, order)["items"]] == [(3, 1), (0, 2)]
    assert refund(market, order, {"items": [{"productId": lamp["id"], "quantity": 1}]}).status_code == 201
    assert stock_of(market, lamp) == (10, 1), "it is not put back"
    assert market.admin.post(f"/api/orders/{order['id']}/ship").json()["status"] == "shipped"
    assert stock_of(market, lamp) == (9, 0)


def test_refunds_at_once_return_no_more_than_was_paid(market, customer):
    order = paid_order(market, customer, market.product(price=euro(100), units=10))
    admins = [market.another(market.admin) for _ in range(8)]
    answers = at_once([lambda admin=admin: admin.post(f"/api/orders/{order['id']}/refunds", euros(100))
                       for admin in admins])
    assert sorted(answer.status_code for answer in answers)[:3] == [201] * 3
    assert all(answer.status_code in (409, 422) for answer in answers if answer.status_code != 201)
    assert sum(answer.status_code == 201 for answer in answers) == 3
    assert market.shop.query("SELECT c.refunded, c.status FROM sandbox_charges c JOIN payments p "
                             "ON c.reference = p.provider_reference WHERE p.order_id = %s",
                             (order["id"],)) == [(300, "refunded")]


def test_a_refund_that_is_sent_again_is_done_once(market, customer):
    order = paid_order(market, customer, market.product(price=euro(100), units=10))
    again = {"headers": {"Idempotency-Key": "a refund"}}
    first, second = (refund(market, order, euros(100), **again) for _ in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert second.headers["Idempotency-Replayed"] == "true"
    assert read(customer, order)["refunded"]["amount"] == 100
    other = refund(market, order, euros(99), **again)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_statements_of_a_refund_are_bounded(market, customer):
    products = [market.product(price=euro(100), units=10) for _ in range(5)]
    order = paid_order(market, customer, *products)
    parts = [{"productId": one["id"], "quantity": 1, "restock": True} for one in products]
    assert statements_of(refund(market, order, {"items": parts})) <= 21
    assert statements_of(refund(market, order, euros(1000))) <= 21
    assert read(customer, order)["status"] == "refunded"


@pytest.mark.parametrize("body, pointer", [
    ({}, ""),
    (euros(1) | {"items": []}, ""),
    ({"items": []}, "/items"),
    (euros(0), "/amount"),
    ({"amount": {"amount": 1, "currency": "USD"}}, "/amount"),
    (euros(1) | {"reason": "two\nlines"}, "/reason"),
    (euros(1) | {"reference": "TRF-1"}, "/reference")])
def test_a_refund_that_makes_no_sense_is_refused_where_it_is_wrong(market, customer, body, pointer):
    order = paid_order(market, customer, market.product(price=euro(100), units=10))
    refused = refund(market, order, body)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
    assert read(customer, order)["refunded"]["amount"] == 0


def test_reports_and_exports_leave_out_what_was_refunded(market, customer):
    product = market.product(price=euro(100), units=10)
    day = "2019-05-05"
    order = paid_order(market, customer, product)
    market.shop.query("UPDATE orders SET order_date = %s WHERE id = %s", (day + "T12:00:00Z", order["id"]))
    assert refund(market, order, {"items": [{"productId": product["id"], "quantity": 1}]}).status_code == 201
    span = {"from": day, "to": "2019-05-06"}
    report = market.admin.get("/api/reports/orders", params=span).json()
    assert [sums["total"]["amount"] for sums in report["days"]] == [200]
    assert [(sums["quantity"], sums["total"]["amount"]) for sums in report["topProducts"]] == [(2, 200)]
    export = market.shop.admin().get("/api/orders/export", params=span, headers={"Accept": "text/csv"}).text
    assert export.splitlines()[1].endswith(",0,1,100")
