"""Payments: from the buyer's request to the provider's charge, and recovery after a kill in between."""

import hashlib
import hmac
import itertools
import json
import os
import time
from collections import Counter

import pytest
from contract import DOCUMENT, NOBODY, Market, at_once, statements_of
from souk_process import Souk, wait_until

SECRET = "a secret of the webhooks"
WEBHOOK = "/api/payments/webhooks/sandbox"
TOLERANCE_SECONDS = 300
SETTINGS = ["--set", "telemetry.server_timing=true", "--set", f"payments.webhook_secret={SECRET}",
            "--set", "payments.provider_timeout=400ms", "--set", "payments.retry_after=500ms",
            "--set", "payments.max_retry_pause=500ms", "--set", "payments.resume_interval=50ms",
            "--set", "payments.sandbox_late=300ms"]
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def market(start_shop):
    return Market(start_shop(*SETTINGS))


@pytest.fixture(scope="module")
def customer(market):
    return market.customer()


@pytest.fixture(scope="module")
def manual(start_shop):
    """A shop with both payment providers enabled."""
    return Market(start_shop(*SETTINGS, "--set", "payments.manual=true"))


def new_order(market, customer, **more):
    product = market.product(units=10, **more)
    return product, market.order(customer, product, quantity=4).json()


def pay(client, order, method="sandbox-ok", **more):
    return client.post(f"/api/orders/{order['id']}/payments", {"method": method}, **more)


def step(client, order, name):
    return client.post(f"/api/orders/{order['id']}/{name}")


def status_of(client, order):
    return client.get(f"/api/orders/{order['id']}").json()["status"]


def wait_for_status(client, order, status):
    wait_until(lambda: status_of(client, order) == status, lambda: status_of(client, order), seconds=10)


def charges_of(market, payment):
    """The statuses of the provider's charges for one payment."""
    rows = market.shop.query("SELECT status FROM sandbox_charges WHERE key = %s", (f"{payment['id']}:authorise",))
    return [row[0] for row in rows]


def payments_of(client, order):
    return client.get(f"/api/orders/{order['id']}/payments").json()["items"]


def signature(body, at=None, secret=SECRET):
    seconds = str(int(time.time()) if at is None else at)
    digest = hmac.new(secret.encode(), seconds.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"


def event_of(market, payment, kind, **members):
    reference = market.shop.query("SELECT reference FROM sandbox_charges WHERE key = %s",
                                  (f"{payment['id']}:authorise",))[0][0]
    return {"id": f"event-{next(_numbers)}", "type": f"payment.{kind}", "paymentId": payment["id"],
            "reference": reference, "amount": payment["amount"]} | members


def send(market, event, path=WEBHOOK, **how):
    body = json.dumps(event).encode()
    headers = {"Content-Type": "application/json", "Souk-Signature": signature(body, **how)}
    return market.anonymous.request("POST", path, data=body, headers=headers)


def test_an_order_is_paid_shipped_and_delivered(market, customer):
    _, order = new_order(market, customer)
    paid = pay(customer, order)
    assert paid.status_code == 201
    payment = paid.json()
    assert (payment["status"], payment["amount"], payment["failure"]) == ("captured", order["total"], None)
    assert payments_of(customer, order) == [payment]
    shipped = [item | {"shipped": item["quantity"]} for item in order["items"]]
    for name, status in (("ship", "shipped"), ("deliver", "delivered")):
        assert step(market.admin, order, name).json() == order | {"status": status, "items": shipped}
    steps = customer.get(f"/api/orders/{order['id']}/transitions").json()["items"]
    assert [(one["from"], one["to"], one["by"]["kind"]) for one in steps] == [
        ("pending", "confirmed", "customer"), ("confirmed", "paid", "customer"), ("paid", "shipped", "admin"),
        ("shipped", "delivered", "admin")]
    assert steps[0]["by"]["id"] == customer.user["id"]
    assert charges_of(market, payment) == ["captured"]


def test_statements_of_each_step_are_fixed(market, customer):
    _, order = new_order(market, customer)
    assert statements_of(step(market.admin, order, "confirm")) <= 7
    counted = statements_of(pay(customer, order))
    _, other = new_order(market, customer)
    assert statements_of(pay(customer, other)) > counted  # the order is also confirmed
    for name, most in (("ship", 11), ("deliver", 7)):
        assert statements_of(step(market.admin, order, name)) <= most


@pytest.mark.parametrize("name", ["ship", "deliver", "refund"])
def test_no_step_is_skipped(market, customer, name):
    _, order = new_order(market, customer)
    answer = step(market.admin, order, name)
    assert (answer.status_code, answer.json()["code"]) == (409, "illegal_transition")
    assert status_of(customer, order) == "pending"


def test_paying_twenty_times_at_once_charges_once(market, customer):
    _, order = new_order(market, customer)
    clients = [market.another(customer) for _ in range(20)]
    answers = at_once([lambda one=one: pay(one, order) for one in clients])
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 19}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert charges_of(market, answers[0].json()) == ["captured"]
    assert len(payments_of(customer, order)) == 1


def test_a_declined_payment_charges_nothing_and_may_be_tried_again(market, customer):
    _, order = new_order(market, customer)
    headers = {"Idempotency-Key": "declined"}
    for _ in range(2):
        answer = pay(customer, order, "sandbox-declined", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (402, "payment_declined")
    assert len(payments_of(customer, order)) == 1
    assert status_of(customer, order) == "pending"
    assert pay(customer, order).status_code == 201
    assert [one["status"] for one in payments_of(customer, order)] == ["captured", "failed"]


def test_an_amount_over_the_providers_limit_is_declined(market, customer):
    product = market.product(units=10, price={"amount": 1_000_000_00, "currency": "EUR"})
    order = market.order(customer, product).json()
    assert pay(customer, order).json()["code"] == "payment_declined"


@pytest.mark.parametrize("method", ["sandbox-lost-authorise", "sandbox-lost-capture"])
def test_a_lost_answer_is_learnt_later_and_charges_once(market, customer, method):
    _, order = new_order(market, customer)
    answer = pay(customer, order, method)
    assert answer.status_code == 202
    wait_for_status(customer, order, "paid")
    assert charges_of(market, answer.json()) == ["captured"]
    again = pay(customer, order, method)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (200, "true")


def test_cancelling_during_the_capture_sends_the_money_back(market, customer):
    product, order = new_order(market, customer)
    other = market.another(customer)

    def cancel():
        wait_until(lambda: market.shop.query(
            "SELECT 1 FROM sandbox_charges c JOIN payments p ON c.key = p.id || ':authorise' "
            "WHERE p.order_id = %s AND c.status = 'captured'", (order["id"],)), "captured")
        return step(other, order, "cancel")

    paid, cancelled = at_once([lambda: pay(customer, order, "sandbox-late"), cancel])
    assert cancelled.status_code == 200
    assert (paid.status_code, paid.json()["code"]) == (409, "payment_conflict")
    payment, = payments_of(customer, order)
    assert (payment["status"], payment["goal"]) == ("refunded", "returned")
    assert charges_of(market, payment) == ["refunded"]
    assert status_of(customer, order) == "cancelled"
    assert market.stock(product)["available"] == 10


def test_a_provider_that_is_too_late_is_asked_again(market, customer):
    _, order = new_order(market, customer)
    market.shop.query("SELECT 1")
    assert pay(customer, order, "sandbox-late").status_code == 201


def test_a_refund_sends_money_and_stock_back(market, customer):
    product, order = new_order(market, customer)
    assert step(market.admin, order, "refund").json()["code"] == "illegal_transition"
    payment = pay(customer, order).json()
    assert step(customer, order, "cancel").json()["code"] == "not_cancellable"
    refunded = step(market.admin, order, "refund")
    assert (refunded.status_code, refunded.json()) == (200, order | {"status": "refunded", "refunded": order["total"]})
    assert charges_of(market, payment) == ["refunded"]
    assert market.stock(product)["available"] == 10
    assert step(market.admin, order, "refund").json()["code"] == "illegal_transition"


def test_a_refund_whose_answer_is_lost_is_done_later(market, customer):
    product, order = new_order(market, customer)
    payment = pay(customer, order, "sandbox-lost-refund").json()
    answer = step(market.admin, order, "refund")
    assert (answer.status_code, answer.json()["status"]) == (202, "paid")
    wait_for_status(customer, order, "refunded")
    assert charges_of(market, payment) == ["refunded"]
    assert market.stock(product)["available"] == 10


@pytest.mark.parametrize("body, pointer", [({}, "/method"), ({"method": ""}, "/method"), ({"method": 1}, "/method"),
                                           ({"method": "x" * 201}, "/method"), ({"method": "a\0b"}, "/method"),
                                           ({"method": "sandbox-ok", "amount": 1}, "/amount")])
def test_a_payment_that_makes_no_sense(market, customer, body, pointer):
    _, order = new_order(market, customer)
    answer = customer.post(f"/api/orders/{order['id']}/payments", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert payments_of(customer, order) == []


def test_the_key_of_a_payment_binds_its_body(market, customer):
    _, order = new_order(market, customer)
    headers = {"Idempotency-Key": "bound"}
    assert pay(customer, order, headers=headers).status_code == 201
    assert pay(customer, order, headers=headers).headers["Idempotency-Replayed"] == "true"
    answer = pay(customer, order, "sandbox-late", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


def test_an_order_of_nothing_is_paid_when_it_is_placed_and_refunded_without_a_provider(market, customer):
    product, order = new_order(market, customer, price={"amount": 0, "currency": "EUR"})
    assert order["status"] == "paid"
    payment, = payments_of(customer, order)
    assert (payment["provider"], payment["status"], payment["amount"]["amount"]) == ("none", "captured", 0)
    again = pay(customer, order, "whatever")
    assert (again.status_code, again.json()["id"]) == (200, payment["id"])
    assert step(market.admin, order, "refund").json()["status"] == "refunded"
    assert market.stock(product)["available"] == 10
    assert charges_of(market, payment) == []


def test_an_administrator_records_a_transfer_and_sends_it_back(manual):
    customer = manual.customer()
    product, order = new_order(manual, customer)
    asked = {"method": "bank-transfer", "provider": "manual"}
    answer = customer.post(f"/api/orders/{order['id']}/payments", asked)
    assert (answer.status_code, answer.json()["status"], answer.json()["provider"]) == (202, "created", "manual")
    payment = f"/api/orders/{order['id']}/payments/{answer.json()['id']}"
    receipt = {"amount": order["total"], "reference": "Überweisung 4711"}
    assert customer.post(payment + "/capture", receipt).status_code == 403
    less = {"amount": {"amount": 1, "currency": "EUR"}, "reference": "x"}
    assert manual.admin.post(payment + "/capture", less).json()["errors"][0]["pointer"] == "/amount"
    headers = {"Idempotency-Key": "receipt"}
    recorded = manual.admin.post(payment + "/capture", receipt, headers=headers)
    assert (recorded.status_code, recorded.json()["status"], recorded.json()["reference"]) == (
        200, "captured", "Überweisung 4711")
    assert statements_of(recorded) <= 12
    again = manual.admin.post(payment + "/capture", receipt, headers=headers)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (200, "true")
    other = manual.admin.post(payment + "/capture", receipt | {"reference": "other"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert status_of(customer, order) == "paid"
    assert step(manual.admin, order, "refund").status_code == 202
    back = manual.admin.post(payment + "/refund", receipt | {"reference": "Back 1"})
    assert (back.json()["status"], back.json()["refundReference"]) == ("refunded", "Back 1")
    assert statements_of(back) <= 12
    assert status_of(customer, order) == "refunded"
    assert manual.stock(product)["available"] == 10


def test_a_declined_payment_may_be_tried_again_at_another_provider(manual):
    customer = manual.customer()
    _, order = new_order(manual, customer)
    assert pay(customer, order, "sandbox-declined", headers={"Idempotency-Key": "1"}).status_code == 402
    asked = {"method": "cash-on-delivery", "provider": "manual"}
    answer = customer.post(f"/api/orders/{order['id']}/payments", asked, headers={"Idempotency-Key": "2"})
    assert answer.status_code == 202
    assert pay(customer, order, headers={"Idempotency-Key": "3"}).status_code == 201  # replaces the pending manual payment
    assert [one["status"] for one in payments_of(customer, order)] == ["captured", "cancelled", "failed"]


def test_a_provider_that_is_off_is_not_chosen(market, customer):
    _, order = new_order(market, customer)
    answer = customer.post(f"/api/orders/{order['id']}/payments", {"method": "x", "provider": "manual"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/provider")
    assert send(market, {"id": "x"}, "/api/payments/webhooks/manual").status_code == 404


def test_an_event_is_done_once(market, customer):
    _, order = new_order(market, customer)
    payment = pay(customer, order).json()
    event = event_of(market, payment, "refunded")
    for _ in range(3):
        assert send(market, event).status_code == 204
    assert status_of(customer, order) == "refunded"
    steps = customer.get(f"/api/orders/{order['id']}/transitions").json()["items"]
    assert [one["to"] for one in steps] == ["confirmed", "paid", "refunded"]
    assert steps[-1]["by"] == {"kind": "provider", "id": None}
    assert market.shop.query("SELECT count(*) FROM payment_events WHERE event_id = %s", (event["id"],)) == [(1,)]


def test_one_event_ten_times_at_once_is_done_once(market, customer):
    product, order = new_order(market, customer)
    event = event_of(market, pay(customer, order).json(), "refunded")
    answers = at_once([lambda: send(Market(market.shop), event) for _ in range(10)])
    assert {answer.status_code for answer in answers} == {204}
    assert market.stock(product)["available"] == 10


def test_messages_that_are_not_the_providers_change_nothing(market, customer):
    _, order = new_order(market, customer)
    event = event_of(market, pay(customer, order).json(), "refunded")
    body = json.dumps(event).encode()
    now = int(time.time())
    for wrong in (None, "", "nonsense", signature(body, secret="another"), signature(body + b" "),
                  signature(body, at=now - TOLERANCE_SECONDS - 5), signature(body, at=now + TOLERANCE_SECONDS + 5),
                  signature(body)[:-1]):
        headers = {"Content-Type": "application/json"} | ({} if wrong is None else {"Souk-Signature": wrong})
        answer = market.anonymous.request("POST", WEBHOOK, data=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "invalid_signature"), wrong
        assert statements_of(answer) == 0
    assert status_of(customer, order) == "paid"
    metrics = market.anonymous.get("/metrics").text
    for outcome in ("forged", "stale", "malformed"):
        line, = [one for one in metrics.splitlines() if one.startswith(f'souk_payments_events_total{{outcome="{outcome}"}}')]
        assert float(line.split()[-1]) > 0


def test_events_that_do_not_fit_are_taken_without_effect(market, customer):
    _, order = new_order(market, customer)
    payment = pay(customer, order).json()
    for event in (event_of(market, payment, "refunded", paymentId=NOBODY),
                  event_of(market, payment, "refunded", amount={"amount": 1, "currency": "EUR"}),
                  event_of(market, payment, "refunded", reference="another"),
                  event_of(market, payment, "authorised"), event_of(market, payment, "disputed")):
        assert send(market, event).status_code == 204
    assert status_of(customer, order) == "paid"
    assert send(market, event_of(market, payment, "refunded"), "/api/payments/webhooks/nobody").status_code == 404
    assert send(market, {"id": "x"}).status_code == 422
    assert send(market, event_of(market, payment, "refunded", id="a\0b")).status_code == 422
    assert send(market, event_of(market, payment, "refunded", reason="x" * 20_000)).status_code == 413


def test_a_replaced_secret_is_taken_until_the_shop_is_started_without_it(start_shop, new_folder):
    old = "the one that the provider replaces"
    shop = start_shop(*SETTINGS, "--set", f"payments.previous_webhook_secret={old}")

    def answers(market):
        """422: the signature is accepted, its message is not."""
        return [send(market, {"id": "x"}, secret=secret).status_code for secret in (SECRET, old, "another")]
    assert answers(Market(shop)) == [422, 422, 403]
    environment = os.environ | {"DATABASE_URL": shop.database_url}
    with Souk("serve", *SETTINGS, folder=new_folder(), environment=environment) as again:
        restarted = Market(shop)
        restarted.anonymous.url = again.url
        assert answers(restarted) == [422, 403, 403]


def test_without_a_secret_no_message_is_taken(api_shop):
    market = Market(api_shop)
    answer = send(market, {"id": "x"}, secret="x")
    assert (answer.status_code, answer.json()["code"]) == (403, "invalid_signature")


def test_every_status_of_an_order_is_in_the_document():
    schemas = DOCUMENT["components"]["schemas"]
    every = ["pending", "confirmed", "paid", "partially_shipped", "shipped", "delivered", "cancelled", "refunded"]
    for schema, member in (("Order", "status"), ("Transition", "from"), ("Transition", "to"), ("StatusCount", "status")):
        assert schemas[schema]["properties"][member]["enum"] == every


def test_a_payment_survives_a_kill_of_souk_and_charges_once(start_shop, new_folder):
    """Souk is killed before the provider's answer arrives; after the restart it repeats the call with the same key."""
    settings = [*SETTINGS, "--set", "payments.provider_timeout=10s", "--set", "payments.retry_after=11s",
                "--set", "payments.max_retry_pause=11s", "--set", "payments.sandbox_late=9s"]
    shop = start_shop(*settings)
    market = Market(shop)
    customer = market.customer()
    orders = [new_order(market, customer)[1] for _ in range(5)]
    clients = [market.another(customer) for _ in orders]

    def pay_until_killed(client, order):
        try:
            return pay(client, order, "sandbox-late").status_code
        except OSError:
            return None

    def kill():
        wait_until(lambda: shop.query("SELECT count(*) FROM sandbox_charges WHERE status = 'captured'") == [(5,)],
                   "captured")
        shop.souk.kill()

    ends = at_once([*(lambda pair=pair: pay_until_killed(*pair) for pair in zip(clients, orders)), kill])
    assert ends[:5] == [None] * 5
    assert shop.query("SELECT count(*) FROM orders o JOIN payments p ON p.order_id = o.id "
                      "WHERE o.status = 'pending' AND p.status = 'authorised'") == [(5,)]
    shop.query("UPDATE payments SET due_at = now() WHERE due_at IS NOT NULL")
    environment = os.environ | {"DATABASE_URL": shop.database_url}
    with Souk("serve", *SETTINGS, "--set", "payments.sandbox_late=0ms", folder=new_folder(),
              environment=environment) as souk:
        again = market.another(customer)
        again.url = souk.url
        for order in orders:
            wait_for_status(again, order, "paid")
    assert shop.query("SELECT status, count(*) FROM sandbox_charges GROUP BY status") == [("captured", 5)]
    assert shop.query("SELECT count(*) FROM payments WHERE due_at IS NOT NULL") == [(0,)]
