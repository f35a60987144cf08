"""Orders: each changes the stock exactly once."""

import uuid
from collections import Counter
from urllib.parse import urlencode

import pytest
from contract import ADDRESS, NOBODY, at_once, items, lines, statements_of


@pytest.fixture(scope="module")
def customer(market):
    return market.customer()


def key():
    return {"Idempotency-Key": str(uuid.uuid4())}


def test_an_order_says_what_was_bought_for_how_much(market, customer):
    kettle = market.product(units=10, name="Kettle", price={"amount": 1999, "currency": "EUR"})
    lamp = market.product(units=10, name="Lamp", price={"amount": 50, "currency": "EUR"})
    body = {"items": [{"productId": kettle["id"], "quantity": 2}, {"productId": lamp["id"], "quantity": 3}]}
    placed = customer.post("/api/orders", body)
    assert placed.status_code == 201
    order = placed.json()
    assert placed.headers["Location"] == f"/api/orders/{order['id']}"
    assert order.keys() == {"id", "number", "status", "orderDate", "total", "refunded", "email", "deliveryAddress", "items"}
    assert order["status"] == "pending"
    assert order["total"] == {"amount": 2 * 1999 + 3 * 50, "currency": "EUR"}
    assert order["items"] == [
        {"productId": kettle["id"], "productName": "Kettle", "quantity": 2,
         "unitPrice": {"amount": 1999, "currency": "EUR"}, "shipped": 0, "refunded": 0},
        {"productId": lamp["id"], "productName": "Lamp", "quantity": 3, "unitPrice": {"amount": 50, "currency": "EUR"},
         "shipped": 0, "refunded": 0}]
    assert customer.get(placed.headers["Location"]).json() == order
    assert market.stock(kettle)["available"] == 8
    assert market.stock(lamp)["available"] == 7
    assert "Idempotency-Replayed" not in placed.headers


def test_an_order_is_found_by_its_number_as_people_write_it(market, customer):
    order = market.order(customer, market.product()).json()
    written = order["number"].lower().replace("-", "").replace("0", "o").replace("1", "l")
    for number in (order["number"], written):
        assert customer.get(f"/api/order-numbers/{number}").json() == order
        assert market.admin.get(f"/api/order-numbers/{number}").json() == order
        assert market.customer().get(f"/api/order-numbers/{number}").status_code == 404
    assert customer.get(f"/api/order-numbers/{order['number'][:-1]}").status_code == 404
    assert customer.get("/api/order-numbers/x").status_code == 404


def test_an_administrator_searches_the_orders_of_all(market):
    customer = market.customer()
    assert customer.patch("/api/users/me", {"name": "Zebulon Quirk"}).status_code == 200
    kettle, lamp = market.product(), market.product()
    first, second = market.order(customer, kettle).json(), market.order(customer, lamp).json()
    assert customer.post(f"/api/orders/{first['id']}/cancel").status_code == 200
    cancelled = customer.get(f"/api/orders/{first['id']}").json()

    def found(**filters):
        return items(market.admin, f"/api/orders/search?{urlencode(filters)}")
    buyer = {"userId": customer.user["id"], "buyerName": "Zebulon Quirk"}
    assert found(product=kettle["id"]) == [buyer | cancelled]
    assert found(number=second["number"].lower()) == [buyer | second]
    for who in ({"buyer": customer.user["id"]}, {"email": customer.email}, {"text": "quir zeb"}):
        assert found(status="cancelled", limit=1, **who) == [buyer | cancelled]
        assert [one["id"] for one in found(limit=1, **who)] == [second["id"], first["id"]]
    assert found(product=lamp["id"], to="2026-01-01") == []
    for query, status in (("status=lost", 400), ("buyer=x", 400), ("limit=101", 400), ("colour=red", 422), ("text=%26", 422)):
        assert market.admin.get(f"/api/orders/search?{query}").status_code == status, query


def test_orders_of_the_demo_have_numbers_too(market):
    ((identifier, number),) = market.shop.query("SELECT id::text, number FROM orders ORDER BY id LIMIT 1")
    assert market.admin.get(f"/api/order-numbers/{number}").json()["id"] == identifier


def test_an_order_keeps_its_prices(market, customer):
    product = market.product(units=10)
    order = market.order(customer, product).json()
    market.admin.patch(f"/api/products/{product['id']}", {"price": {"amount": 1, "currency": "EUR"}})
    assert customer.get(f"/api/orders/{order['id']}").json()["total"]["amount"] == 1999


def test_statements_of_an_order_are_few_and_fixed(market, customer):
    products = [market.product(units=1000) for _ in range(20)]
    address = market.address(customer)
    assert statements_of(market.order(customer, products[0])) == 8
    assert statements_of(market.order(customer, *products)) == 8
    headers = key()
    body = {"items": lines(*products), "addressId": address["id"]}
    assert statements_of(customer.post("/api/orders", body, headers=headers)) == 9
    replay = customer.post("/api/orders", body, headers=headers)
    assert statements_of(replay) == 8
    assert statements_of(customer.post(f"/api/orders/{replay.json()['id']}/cancel")) == 8


def test_lines_of_one_product_are_joined(market, customer):
    product = market.product(units=10)
    order = market.order(customer, product, product, quantity=2).json()
    assert [item["quantity"] for item in order["items"]] == [4]
    assert market.stock(product)["available"] == 6


def test_too_little_stock_names_the_lines_and_takes_nothing(market, customer):
    plenty, few = market.product(units=10), market.product(units=2)
    answer = market.order(customer, plenty, few, quantity=3)
    assert answer.status_code == 409
    problem = answer.json()
    assert problem["code"] == "out_of_stock"
    assert problem["lines"] == [{"productId": few["id"], "requested": 3, "available": 2}]
    assert market.stock(plenty)["available"] == 10
    assert market.stock(few)["available"] == 2
    never = market.product(units=0)
    assert market.order(customer, never).json()["lines"][0]["available"] == 0


def test_what_is_not_for_sale_cannot_be_bought(market, customer):
    product = market.product(units=10)
    market.admin.delete(f"/api/products/{product['id']}")
    for unsaleable in (product, {"id": NOBODY}):
        answer = market.order(customer, unsaleable)
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_product")
    assert market.stock(product)["onHand"] == 10


def test_an_order_goes_to_an_address_of_its_buyer(market, customer):
    product = market.product(units=10)
    own, foreign = market.address(customer), market.address(market.customer())
    assert market.order(customer, product, addressId=own["id"]).status_code == 201
    assert market.order(customer, product, addressId=None).status_code == 201
    for unknown in (foreign["id"], NOBODY):
        answer = market.order(customer, product, addressId=unknown)
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_address")
    assert market.stock(product)["available"] == 8


def test_an_address_an_order_went_to_keeps_what_it_said(market):
    customer = market.customer()
    (address,) = customer.get("/api/users/me/addresses").json()["items"]
    path = f"/api/users/me/addresses/{address['id']}"
    order = market.order(customer, market.product(), addressId=address["id"]).json()
    assert order["email"] == customer.email
    assert order["deliveryAddress"] == ADDRESS | {"line2": ""}
    replaced = customer.put(path, address_body(address, city="Paris"))
    assert (replaced.json()["id"], replaced.json()["city"]) == (address["id"], "Paris"), "no order needs the old one"
    assert customer.delete(path).status_code == 204
    assert customer.get(f"/api/orders/{order['id']}").json() == order
    assert market.admin.get(f"/api/orders/{order['id']}").json() == order
    assert market.customer().get(f"/api/orders/{order['id']}").status_code == 404
    assert items(customer, "/api/orders") == [order]
    without = market.order(customer, market.product())
    assert (without.status_code, without.json()["code"]) == (422, "address_required")
    elsewhere = market.order(customer, market.product(), deliveryAddress=order["deliveryAddress"] | {"city": "Rome"})
    assert elsewhere.json()["deliveryAddress"]["city"] == "Rome"


def test_an_address_that_an_older_order_refers_to_keeps_what_it_said(market):
    """Orders placed before they kept a copy."""
    customer = market.customer()
    (address,) = customer.get("/api/users/me/addresses").json()["items"]
    order = market.order(customer, market.product()).json()
    market.shop.query("UPDATE orders SET address_id = %s, email = NULL, recipient = NULL, line1 = NULL, line2 = NULL,"
                      " city = NULL, postal_code = NULL, country = NULL, serial = NULL, number = NULL WHERE id = %s", (address["id"], order["id"]))
    replaced = customer.put(f"/api/users/me/addresses/{address['id']}", address_body(address, city="Paris"))
    assert replaced.json()["id"] != address["id"]
    assert replaced.headers["Content-Location"] == f"/api/users/me/addresses/{replaced.json()['id']}"
    rows = market.shop.query("SELECT a.city FROM user_addresses a JOIN orders o ON o.address_id = a.id WHERE o.id = %s",
                             (order["id"],))
    assert rows == [("London",)]
    assert [one["city"] for one in customer.get("/api/users/me/addresses").json()["items"]] == ["Paris"]
    assert customer.get(f"/api/orders/{order['id']}").json() == order | {"number": None, "email": None, "deliveryAddress": None}


def address_body(address, **changes):
    return {name: value for name, value in address.items() if name != "id"} | changes


@pytest.mark.parametrize("body, pointer", [
    ({}, "/items"), ({"items": []}, "/items"), ({"items": {}}, "/items"), ({"items": [1]}, "/items/0"),
    ({"items": [{"productId": NOBODY}]}, "/items/0/quantity"),
    ({"items": [{"quantity": 1}]}, "/items/0/productId"),
    ({"items": [{"productId": NOBODY, "quantity": 0}]}, "/items/0/quantity"),
    ({"items": [{"productId": NOBODY, "quantity": -1}]}, "/items/0/quantity"),
    ({"items": [{"productId": NOBODY, "quantity": 1.5}]}, "/items/0/quantity"),
    ({"items": [{"productId": NOBODY, "quantity": "1"}]}, "/items/0/quantity"),
    ({"items": [{"productId": NOBODY, "quantity": 2**31}]}, "/items/0/quantity"),
    ({"items": [{"productId": NOBODY, "quantity": 1_000_001}]}, "/items/0/quantity"),
    ({"items": [{"productId": "x", "quantity": 1}]}, "/items/0/productId"),
    ({"items": [{"productId": NOBODY, "quantity": 1, "unitPrice": 1}]}, "/items/0/unitPrice"),
    ({"items": [{"productId": NOBODY, "quantity": 1}], "total": 1}, "/total"),
    ({"items": [{"productId": NOBODY, "quantity": 1}], "addressId": "x"}, "/addressId"),
    ({"items": [{"productId": NOBODY, "quantity": 1}], "addressId": NOBODY, "deliveryAddress": ADDRESS},
     "/deliveryAddress"),
    ({"items": [{"productId": NOBODY, "quantity": 1}], "deliveryAddress": ADDRESS | {"country": "gb"}},
     "/deliveryAddress/country"),
    ({"items": [{"productId": NOBODY, "quantity": 1}] * 101}, "/items")])
def test_an_order_that_makes_no_sense_is_refused_where_it_is_wrong(market, customer, body, pointer):
    answer = customer.post("/api/orders", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed"), answer.text
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert statements_of(answer) == 1  # the caller's authentication


def test_a_hundred_lines_are_the_most(market, customer):
    products = [market.product(units=5) for _ in range(100)]
    order = market.order(customer, *products)
    assert order.status_code == 201
    assert len(order.json()["items"]) == 100
    assert statements_of(order) == 8


def test_currencies_do_not_mix_in_an_order(market, customer):
    euro = market.product(units=5)
    dollar = market.product(units=5, price={"amount": 5, "currency": "USD"})
    answer = market.order(customer, euro, dollar)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert market.stock(euro)["available"] == 5
    # Lists by price ask for a currency where a shop has several.
    assert market.admin.delete(f"/api/products/{dollar['id']}").status_code == 204


def test_same_key_same_order_gets_the_first_outcome(market, customer):
    product, headers = market.product(units=10), key()
    first = customer.post("/api/orders", {"items": lines(product)}, headers=headers)
    again = customer.post("/api/orders", {"items": lines(product)}, headers=headers)
    assert first.status_code == again.status_code == 201
    assert again.json() == first.json()
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert market.stock(product)["available"] == 9


def test_same_key_other_order_is_refused(market, customer):
    product, headers = market.product(units=10), key()
    customer.post("/api/orders", {"items": lines(product)}, headers=headers)
    answer = customer.post("/api/orders", {"items": lines(product, quantity=2)}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert market.stock(product)["available"] == 9


def test_a_key_belongs_to_its_user(market, customer):
    product, headers = market.product(units=10), key()
    first = customer.post("/api/orders", {"items": lines(product)}, headers=headers).json()
    second = market.customer().post("/api/orders", {"items": lines(product)}, headers=headers)
    assert second.status_code == 201
    assert second.json()["id"] != first["id"]


def test_a_key_that_failed_may_be_tried_again(market, customer):
    product, headers = market.product(units=1), key()
    body = {"items": lines(product, quantity=2)}
    assert customer.post("/api/orders", body, headers=headers).status_code == 409
    market.admin.put(f"/api/products/{product['id']}/stock", {"quantity": 2})
    assert customer.post("/api/orders", body, headers=headers).status_code == 201


@pytest.mark.parametrize("bad", ["", "x" * 256, "ä"])
def test_a_key_has_a_form(market, customer, bad):
    answer = customer.post("/api/orders", {"items": lines({"id": NOBODY})},
                           headers={"Idempotency-Key": bad.encode("latin-1")})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert answer.json()["errors"][0]["pointer"] == "Idempotency-Key"


def test_twenty_retries_at_once_make_one_order(market, customer):
    product, headers = market.product(units=100), key()
    clients = [market.another(customer) for _ in range(20)]
    answers = at_once([lambda one=one: one.post("/api/orders", {"items": lines(product)}, headers=headers)
                       for one in clients])
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    assert market.stock(product)["available"] == 99


def test_ten_units_go_to_ten_of_fifty_buyers(market):
    product = market.product(units=10)
    people = [market.customer() for _ in range(5)]
    buyers = [market.another(person) for person in people for _ in range(10)]
    answers = at_once([lambda one=one: market.order(one, product) for one in buyers])
    assert Counter(answer.status_code for answer in answers) == {201: 10, 409: 40}
    assert market.stock(product)["available"] == 0
    sold = market.shop.query("SELECT sum(quantity) FROM order_items WHERE product_id = %s", (product["id"],))
    assert sold == [(10,)]


def test_orders_of_the_same_products_in_other_orders_do_not_block_each_other(market, customer):
    products = [market.product(units=1000) for _ in range(5)]
    clients = [market.another(customer) for _ in range(20)]
    answers = at_once([
        lambda one=one, turned=number % 2: market.order(one, *(products[::-1] if turned else products))
        for number, one in enumerate(clients)])
    assert {answer.status_code for answer in answers} == {201}
    assert {market.stock(product)["available"] for product in products} == {980}


def test_cancelling_returns_the_stock(market, customer):
    product = market.product(units=10)
    order = market.order(customer, product, quantity=4).json()
    cancelled = customer.post(f"/api/orders/{order['id']}/cancel")
    assert cancelled.status_code == 200
    assert cancelled.json() == order | {"status": "cancelled"}
    assert market.stock(product)["available"] == 10
    again = customer.post(f"/api/orders/{order['id']}/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "not_cancellable")
    assert market.stock(product)["available"] == 10
    assert customer.post(f"/api/orders/{NOBODY}/cancel").status_code == 404
    assert customer.post("/api/orders/nonsense/cancel").status_code == 404


@pytest.mark.parametrize("steps", [[], ["ship"], ["ship", "deliver"], ["refund"]])
def test_what_is_paid_or_further_cannot_be_cancelled(market, customer, steps):
    order = market.order(customer, market.product()).json()
    assert customer.post(f"/api/orders/{order['id']}/payments", {"method": "sandbox-ok"}).status_code == 201
    for step in steps:
        assert market.admin.post(f"/api/orders/{order['id']}/{step}").status_code == 200
    assert customer.post(f"/api/orders/{order['id']}/cancel").json()["code"] == "not_cancellable"


def test_a_count_before_the_shipment_offers_no_unit_twice(market, customer):
    product = market.product(units=10)
    order = market.order(customer, product, quantity=3).json()
    counted = market.admin.put(f"/api/products/{product['id']}/stock", {"quantity": 5})
    assert counted.json() == {"onHand": 5, "reserved": 3, "available": 2}
    assert market.order(customer, product, quantity=3).json()["code"] == "out_of_stock"
    assert customer.post(f"/api/orders/{order['id']}/payments", {"method": "sandbox-ok"}).status_code == 201
    assert market.admin.post(f"/api/orders/{order['id']}/ship").status_code == 200
    assert market.stock(product) == {"onHand": 2, "reserved": 0, "available": 2}


def test_cancelled_ten_times_at_once_returns_once(market, customer):
    product = market.product(units=10)
    order = market.order(customer, product, quantity=4).json()
    clients = [market.another(customer) for _ in range(10)]
    answers = at_once([lambda one=one: one.post(f"/api/orders/{order['id']}/cancel") for one in clients])
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 9}
    assert market.stock(product)["available"] == 10


def test_on_hand_stays_above_what_is_promised(market, customer):
    product = market.product(units=10)
    market.order(customer, product, quantity=4)
    stock = market.stock(product)
    assert stock == {"onHand": 10, "reserved": 4, "available": 6}
    for refused in (-1, 3, 10**9 + 1):
        answer = market.admin.put(f"/api/products/{product['id']}/stock", {"quantity": refused})
        assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert market.stock(product) == stock
    assert market.admin.put(f"/api/products/{NOBODY}/stock", {"quantity": 1}).status_code == 404
    assert market.anonymous.get(f"/api/products/{NOBODY}/stock").status_code == 404


def test_a_reservation_is_listed_extended_and_changed(market, customer):
    product, other = market.product(units=10), market.product(units=10)
    held = customer.post("/api/reservations", {"items": lines(product, quantity=3), "seconds": 60}).json()
    path = f"/api/reservations/{held['id']}"
    assert customer.get("/api/reservations").json()["items"] == [held]

    longer = customer.patch(path, {"seconds": 600})
    assert longer.status_code == 200, longer.text
    assert longer.json()["expiresAt"] > held["expiresAt"]
    assert longer.json()["items"] == held["items"]

    changed = customer.patch(path, {"items": lines(product, other, quantity=4)})
    assert changed.json() == longer.json() | {"items": lines(product, other, quantity=4)}
    assert customer.get(path).json() == changed.json()
    assert market.stock(product) == {"onHand": 10, "reserved": 4, "available": 6}

    short = customer.patch(path, {"items": lines(product, other, quantity=11)})
    assert (short.status_code, short.json()["code"]) == (409, "out_of_stock")
    assert {line["productId"]: line["available"] for line in short.json()["lines"]} == {
        product["id"]: 10, other["id"]: 10}
    for wrong in ({"seconds": 0}, {"items": []}, {"items": lines(product, quantity=0)}, {"minutes": 1}):
        assert customer.patch(path, wrong).status_code in (400, 422)
    assert customer.get(path).json() == changed.json()

    assert customer.delete(path).status_code == 204
    assert customer.get("/api/reservations").json()["items"] == []
    assert customer.patch(path, {"seconds": 60}).json()["code"] == "reservation_not_held"
