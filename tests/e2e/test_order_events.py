"""The effects of an order's events: webhooks, confirmation, statistics."""

import email
import email.header
import email.utils
import json
import re
import subprocess
import threading
import time
import uuid

import pytest
from contract import DOCUMENT, Market, validate
from souk_process import Souk, wait_until
from webhook_receiver import Receiver

FAST = ["--set", "jobs.min_backoff=20ms", "--set", "jobs.max_backoff=100ms", "--set", "jobs.poll_interval=20ms",
        "--set", "webhooks.min_pause=200ms", "--set", "webhooks.max_pause=200ms",
        "--set", "statistics.max_delay=200ms", "--set", "webhooks.allow_private_addresses=true",
        "--set", "webhooks.allow_plain_http=true"]


def metric(shop, name, **labels):
    text = shop.anonymous().get("/metrics").text
    found = [float(value) for series, value in re.findall(rf"^{name}(\{{.*?\}})? (\S+)$", text, re.MULTILINE)
             if all(f'{label}="{wanted}"' in series for label, wanted in labels.items())]
    return sum(found)


def announce(shop, order, kind, buyer=None):
    """Appends an event of the order without changing the order."""
    items = [{name: value for name, value in item.items() if name != "refunded"} for item in order["items"]]
    payload = {"orderId": order["id"], "userId": buyer, "total": order["total"], "status": order["status"],
               "items": items}
    shop.query("INSERT INTO outbox (id, kind, aggregate_id, payload) VALUES (%s, %s, %s, %s)",
               (event_id(), kind, order["id"], json.dumps(payload)))


def documented_event(kind):
    return DOCUMENT["webhooks"][kind]["post"]["requestBody"]["content"]["application/json"]["schema"]


def event_id():
    """A time-ordered id like Souk's own (UUIDv7)."""
    return str(uuid.UUID(int=int(time.time() * 1000) << 80 | 7 << 76 | 2 << 62 | uuid.uuid4().int & (1 << 62) - 1))


def outbox_is_empty(shop):
    return shop.query("SELECT count(*) FROM outbox") == [(0,)]


class Events:
    """A shop, with helpers for its orders and webhooks."""

    def __init__(self, shop):
        self.shop = shop
        self.market = Market(shop)

    def order(self, customer=None, **product):
        customer = customer or self.market.customer()
        placed = self.market.order(customer, self.market.product(**product), quantity=2)
        assert placed.status_code == 201, placed.text
        return placed.json() | {"buyer": customer}

    def subscribe(self, url, *events):
        made = self.market.admin.post("/api/webhooks", {"url": url, "events": list(events or ["order.placed"])})
        assert made.status_code == 201, made.text
        return made.json()

    def unsubscribe(self, webhook):
        assert self.market.admin.delete(f"/api/webhooks/{webhook['id']}").status_code == 204

    def settled(self):
        wait_until(lambda: outbox_is_empty(self.shop), self.shop.souk.said)


@pytest.fixture(scope="module")
def events(start_shop):
    return Events(start_shop(*FAST, "--set", "telemetry.server_timing=true"))


@pytest.fixture(scope="module")
def receiver():
    with Receiver() as one:
        yield one


def test_an_order_is_told_to_who_subscribed_signed_and_once(events, receiver):
    webhook = events.subscribe(receiver.url)
    order = events.order()
    events.settled()
    told = receiver.of_order(order["id"])
    assert len(told) == 1
    event = told[0].event
    validate(event, documented_event("order.placed"))
    assert event["type"] == "order.placed"
    assert event["data"]["total"] == order["total"]
    assert [item["unitPrice"] for item in event["data"]["items"]] == [item["unitPrice"] for item in order["items"]]
    assert told[0].event_id == f"{event['id']}.{webhook['id']}"
    assert told[0].headers["Content-Type"] == "application/json"
    assert told[0].is_signed_with(webhook["secret"])
    assert not told[0].is_signed_with(webhook["secret"] + "x")
    events.unsubscribe(webhook)


def test_a_webhook_is_tested_enabled_again_and_gets_another_secret(events):
    answers = iter([410])
    with Receiver(lambda _: next(answers, 204)) as receiver:
        webhook = events.subscribe(receiver.url)
        path = f"/api/webhooks/{webhook['id']}"
        admin = events.market.admin

        def listed():
            (one,) = [one for one in admin.get("/api/webhooks").json()["items"] if one["id"] == webhook["id"]]
            return one
        assert admin.post(f"{path}/test").status_code == 202
        wait_until(lambda: not listed()["isActive"], events.shop.souk.said)  # it answered 410
        refused = admin.post(f"{path}/test")
        assert (refused.status_code, refused.json()["code"]) == (409, "webhook_disabled")
        assert admin.post(f"{path}/enable").json() == listed()
        assert listed()["isActive"]
        replaced = admin.post(f"{path}/secret").json()
        assert replaced["previousSignsUntil"] > replaced["createdAt"]
        tested = admin.post(f"{path}/test").json()["eventId"]
        wait_until(lambda: len(receiver.received) == 2, events.shop.souk.said)
        told = receiver.received[1]
        assert (told.event["id"], told.event["type"], told.event["data"]) == (tested, "webhook.test", {})
        validate(told.event, documented_event("webhook.test"))
        assert told.is_signed_with(webhook["secret"]), "until the receiver has the new one"
        assert told.is_signed_with(replaced["secret"])
        events.shop.query("UPDATE webhook_endpoints SET previous_until = now() - interval '1 s' WHERE id = %s",
                          (webhook["id"],))
        order = events.order()
        wait_until(lambda: receiver.of_order(order["id"]), events.shop.souk.said)
        (told,) = receiver.of_order(order["id"])
        assert not told.is_signed_with(webhook["secret"])
        assert told.is_signed_with(replaced["secret"])
        events.unsubscribe(webhook)


def deliveries(events, webhook, **query):
    answer = events.market.admin.get(f"/api/webhooks/{webhook['id']}/deliveries", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_what_was_sent_to_a_webhook_is_listed_the_newest_first(events):
    failures = iter([500])
    with Receiver(lambda _: next(failures, 204)) as receiver:
        webhook = events.subscribe(receiver.url)
        assert deliveries(events, webhook) == {"items": [], "nextCursor": None}
        events.order()
        events.settled()
        (placed,) = deliveries(events, webhook)["items"]
        assert placed["eventId"] == receiver.received[0].event["id"]
        assert (placed["event"], placed["state"], placed["attempts"]) == ("order.placed", "delivered", 2)
        assert (placed["status"], placed["error"]) == (204, None)
        assert placed["createdAt"] < placed["attemptedAt"]

        tested = events.market.admin.post(f"/api/webhooks/{webhook['id']}/test").json()["eventId"]
        events.settled()
        first = deliveries(events, webhook, limit=1)
        assert [(one["eventId"], one["attempts"]) for one in first["items"]] == [(tested, 1)]
        second = deliveries(events, webhook, limit=1, cursor=first["nextCursor"])
        assert second == {"items": [placed], "nextCursor": None}
        foreign = events.market.admin.get("/api/products?limit=1").json()["nextCursor"]
        refused = events.market.admin.get(f"/api/webhooks/{webhook['id']}/deliveries", params={"cursor": foreign})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "cursor")
        events.unsubscribe(webhook)


def test_what_a_disabled_webhook_missed_is_listed_as_dropped(events):
    both_wait = threading.Event()
    with Receiver(lambda _: 410 if both_wait.wait(60) else 500) as receiver:
        webhook = events.subscribe(receiver.url, "order.placed", "order.paid")
        order = events.order()
        announce(events.shop, order, "order.paid")
        wait_until(lambda: events.shop.query("SELECT count(*) FROM outbox WHERE kind = 'webhook.deliver'") == [(2,)],
                   events.shop.souk.said)
        both_wait.set()
        events.settled()
        paid, placed = deliveries(events, webhook)["items"]
        assert (placed["event"], placed["state"], placed["status"]) == ("order.placed", "failed", 410)
        assert (paid["event"], paid["state"], paid["attempts"], paid["status"]) == ("order.paid", "dropped", 0, None)
        assert paid["error"]
        events.unsubscribe(webhook)


def test_what_is_not_tried_again_is_listed_as_failed(start_shop):
    events = Events(start_shop(*FAST, "--set", "jobs.max_attempts=2", "--set", "telemetry.server_timing=true"))
    dead = Receiver()
    dead.close()
    webhook = events.subscribe(dead.url)
    events.order()
    events.settled()
    (one,) = deliveries(events, webhook)["items"]
    assert (one["state"], one["attempts"], one["status"]) == ("failed", 2, None)
    assert one["error"]


def test_one_who_fails_is_told_again_and_the_others_are_not(events):
    failures = iter([500, 302, 503])
    with Receiver() as good, Receiver(lambda _: next(failures, 204)) as bad:
        webhooks = [events.subscribe(one.url) for one in (good, bad)]
        order = events.order()
        events.settled()
        assert len(good.of_order(order["id"])) == 1
        told = bad.of_order(order["id"])
        assert len(told) == 4
        assert len({one.event_id for one in told}) == 1, "the id is the same each time"
        assert {one.path for one in told} == {"/hook"}, "a redirect is not followed"
        for webhook in webhooks:
            events.unsubscribe(webhook)


def test_events_of_an_order_come_in_order_though_the_first_fails(events):
    failures = iter([500, 500])
    kinds = ["order.placed", "order.paid", "order.shipped"]
    with Receiver(lambda _: next(failures, 200)) as receiver:
        webhook = events.subscribe(receiver.url, *kinds)
        order = events.order()
        for kind in kinds[1:]:
            announce(events.shop, order, kind)
        events.settled()
        told = [one.event["type"] for one in receiver.of_order(order["id"])]
        assert told == ["order.placed", "order.placed", *kinds]
        events.unsubscribe(webhook)


def test_a_dead_endpoint_is_left_alone_and_holds_up_nobody(events, receiver):
    dead = Receiver()
    dead.close()
    webhooks = [events.subscribe(dead.url), events.subscribe(receiver.url)]
    orders = [events.order() for _ in range(8)]
    wait_until(lambda: all(receiver.of_order(order["id"]) for order in orders), events.shop.souk.said)
    wait_until(lambda: metric(events.shop, "souk_webhooks_breakers_open") == 1, events.shop.souk.said)
    wait_until(lambda: metric(events.shop, "souk_webhooks_deliveries_total", outcome="breaker_open") > 0,
               events.shop.souk.said)
    failing = {one["id"]: one["failingSince"] for one in events.market.admin.get("/api/webhooks").json()["items"]}
    assert failing[webhooks[0]["id"]] is not None
    assert failing[webhooks[1]["id"]] is None
    for webhook in webhooks:
        events.unsubscribe(webhook)
    events.settled()  # pending deliveries are dropped


def test_one_that_comes_back_is_told_what_it_missed(events):
    is_up = False
    with Receiver(lambda _: 200 if is_up else 500) as receiver:
        webhook = events.subscribe(receiver.url)
        orders = [events.order() for _ in range(6)]
        wait_until(lambda: metric(events.shop, "souk_webhooks_breakers_open") == 1, events.shop.souk.said)
        is_up = True
        events.settled()
        assert all(receiver.of_order(order["id"]) for order in orders)
        assert metric(events.shop, "souk_webhooks_breakers_open") == 0
        shown = events.market.admin.get("/api/webhooks").json()["items"]
        assert [one["failingSince"] for one in shown if one["id"] == webhook["id"]] == [None]
        events.unsubscribe(webhook)


def test_a_dead_endpoint_that_nothing_waits_for_any_more_alarms_nobody(start_shop):
    events = Events(start_shop(*FAST, "--set", "jobs.max_attempts=3", "--set", "webhooks.breaker_threshold=1",
                               "--set", "webhooks.min_pause=50ms", "--set", "webhooks.max_pause=50ms",
                               "--set", "telemetry.server_timing=true"))
    dead = Receiver()
    dead.close()
    events.subscribe(dead.url)
    events.order()
    events.settled()
    [(kind,)] = events.shop.query("SELECT kind FROM dead_letters")
    assert kind == "webhook.deliver"
    wait_until(lambda: metric(events.shop, "souk_webhooks_breakers_open") == 0, events.shop.souk.said)


def test_one_that_is_gone_is_disabled(events):
    with Receiver(lambda _: 410) as receiver:
        webhook = events.subscribe(receiver.url)
        first = events.order()
        events.settled()
        second = events.order()
        events.settled()
        assert len(receiver.of_order(first["id"])) == 1
        assert not receiver.of_order(second["id"])
        shown = [one for one in events.market.admin.get("/api/webhooks").json()["items"] if one["id"] == webhook["id"]]
        assert not shown[0]["isActive"]
        assert "410" in shown[0]["disabledReason"]
        events.unsubscribe(webhook)


def test_the_secret_is_shown_once_and_webhooks_can_be_deleted(events):
    webhook = events.subscribe("https://hooks.example/souk", "order.paid", "order.shipped")
    shown = [one for one in events.market.admin.get("/api/webhooks").json()["items"] if one["id"] == webhook["id"]]
    assert shown == [{name: value for name, value in webhook.items() if name != "secret"}]
    events.unsubscribe(webhook)
    assert events.market.admin.delete(f"/api/webhooks/{webhook['id']}").status_code == 404


@pytest.mark.parametrize("draft, pointer", [
    ({"url": "ftp://example.com/", "events": ["order.placed"]}, "/url"),
    ({"url": "http://user:password@example.com/", "events": ["order.placed"]}, "/url"),
    ({"url": "http://example.com/\r\nHost: other", "events": ["order.placed"]}, "/url"),
    ({"url": "https://example.com/", "events": []}, "/events"),
    ({"url": "https://example.com/", "events": ["order.lost"]}, "/events/0"),
    ({"url": "https://example.com/", "events": ["order.paid", "order.paid"]}, "/events/1"),
])
def test_what_cannot_be_a_webhook_is_refused(events, draft, pointer):
    answer = events.market.admin.post("/api/webhooks", draft)
    assert answer.status_code == 422
    assert [field["pointer"] for field in answer.json()["errors"]] == [pointer]


def test_an_order_that_cannot_be_told_is_a_dead_letter_alone(start_shop, receiver):
    events = Events(start_shop(*FAST, "--set", "telemetry.server_timing=true"))
    shop, admin = events.shop, events.market.admin
    first, broken, last = (events.order() for _ in range(3))
    events.settled()
    webhook = events.subscribe(receiver.url)
    shop.query("ALTER TABLE orders DROP CONSTRAINT orders_address_is_whole")
    shop.query("UPDATE orders SET city = NULL WHERE id = %s", (broken["id"],))
    named = {"kind": "order.placed", "events": [{"id": order["id"]} for order in (first, broken, last)]}
    shop.query("INSERT INTO outbox (id, kind, aggregate_id, payload) VALUES (%s, 'events.named', %s, %s)",
               (event_id(), event_id(), json.dumps(named)))
    events.settled()
    assert [len(receiver.of_order(order["id"])) for order in (first, broken, last)] == [1, 0, 1]
    (dead,) = admin.get("/api/jobs/dead").json()["items"]
    assert dead["kind"] == "events.named"
    assert dead["payload"] == {"kind": "order.placed", "events": [{"id": broken["id"]}]}
    assert "city" in dead["lastError"]

    shop.query("UPDATE orders SET city = 'Vienna' WHERE id = %s", (broken["id"],))
    assert admin.post(f"/api/jobs/dead/{dead['id']}/replay").json() == {"replayed": 1}
    events.settled()
    (told,) = receiver.of_order(broken["id"])
    assert told.event["data"]["deliveryAddress"]["city"] == "Vienna"
    assert told.event_id == f"{broken['id']}.{webhook['id']}"
    assert shop.query("SELECT sum(placed) FROM order_statistics") == [(3,)]


def test_statistics_count_each_order_once(events):
    product = events.market.product(price={"amount": 700, "currency": "EUR"})
    customer = events.market.customer()
    events.settled()
    before = events.shop.query("SELECT coalesce(sum(placed), 0), coalesce(sum(placed_amount), 0) FROM order_statistics")
    for _ in range(3):
        order = events.market.order(customer, product, quantity=2).json()
    announce(events.shop, order, "order.cancelled")
    events.settled()
    after = events.shop.query("SELECT sum(placed), sum(placed_amount) FROM order_statistics")
    assert (after[0][0] - before[0][0], after[0][1] - before[0][1]) == (3, 4200)
    assert events.shop.query("SELECT units, revenue FROM product_statistics WHERE product_id = %s",
                             (product["id"],)) == [(6, 4200)]


# ---- each with its own shop


def test_addresses_of_our_own_network_are_not_asked(start_shop, receiver):
    events = Events(start_shop(*FAST, "--set", "webhooks.allow_private_addresses=false",
                               "--set", "telemetry.server_timing=true"))
    literal = events.market.admin.post("/api/webhooks", {"url": "http://127.0.0.1/", "events": ["order.placed"]})
    assert literal.status_code == 422
    events.subscribe(receiver.url)  # a host name: resolved at delivery
    order = events.order()
    wait_until(lambda: metric(events.shop, "souk_webhooks_deliveries_total", outcome="unreachable") > 0,
               events.shop.souk.said)
    assert not receiver.of_order(order["id"])


@pytest.fixture(scope="module")
def certificate(new_folder):
    folder = new_folder()
    key, pem = folder / "server.key", folder / "server.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "2", "-subj", "/CN=souk", "-addext", "subjectAltName=DNS:localhost", "-keyout", key,
                    "-out", pem], check=True, capture_output=True)
    return pem, key


def test_https_is_told_only_to_whom_the_certificate_names(start_shop, certificate):
    with Receiver(certificate=certificate) as receiver:
        events = Events(start_shop(*FAST, "--set", f"webhooks.tls_ca_file={certificate[0]}",
                                   "--set", "telemetry.server_timing=true"))
        wrong = events.subscribe(receiver.url.replace("localhost", "127.0.0.1"))
        right = events.subscribe(receiver.url)
        order = events.order()
        wait_until(lambda: receiver.of_order(order["id"]), events.shop.souk.said)
        wait_until(lambda: metric(events.shop, "souk_webhooks_deliveries_total", outcome="unreachable") > 0,
                   events.shop.souk.said)
        told = receiver.of_order(order["id"])
        assert {one.event_id.split(".")[1] for one in told} == {right["id"]} and wrong["id"] != right["id"]
        assert told[0].is_signed_with(right["secret"])


class Box:
    """A shop's Maildir."""

    def __init__(self, folder):
        self.folder = folder / "orders"

    @property
    def settings(self):
        return ["--set", f"confirmation.maildir={self.folder}", "--set", "confirmation.from=orders@shop.example"]

    def messages(self):
        files = sorted((self.folder / "new").iterdir()) if (self.folder / "new").exists() else []
        return [email.message_from_bytes(file.read_bytes()) for file in files]

    def of_order(self, order):
        return [one for one in self.messages() if one["Subject"] == f"Your order {order['number']}"]


def test_an_order_is_confirmed_to_its_buyer(start_shop, new_folder):
    box = Box(new_folder())
    events = Events(start_shop(*FAST, *box.settings, "--set", "telemetry.server_timing=true"))
    customer = events.market.customer()
    name = "Zoë \"Bobby\" <x@evil.example>, Bcc: all@example.com"
    assert customer.patch("/api/users/me", {"name": name}).status_code == 200
    order = events.order(customer, name="Kännchen")
    events.settled()
    [message] = box.of_order(order)
    [(shown, address)] = email.utils.getaddresses([message["To"]])
    assert str(email.header.make_header(email.header.decode_header(shown))) == name
    assert address == customer.email
    assert message["From"] == "<orders@shop.example>"
    assert message["Bcc"] is None
    assert message["Message-ID"].endswith("@shop.example>")
    text = message.get_payload(decode=True).decode()
    assert "2 x Kännchen: 39.98 EUR" in text and "Total: 39.98 EUR" in text
    assert "\nDelivery to:\nAda Lovelace\n" in text


def test_a_buyer_is_told_what_is_on_its_way_and_where_to_follow_it(start_shop, new_folder):
    box = Box(new_folder())
    events = Events(start_shop(*FAST, *box.settings, "--set", "telemetry.server_timing=true"))
    customer = events.market.customer()
    order = events.order(customer, name="Kettle")
    assert customer.post(f"/api/orders/{order['id']}/payments", {"method": "sandbox-ok"}).status_code == 201
    shipments = f"/api/orders/{order['id']}/shipments"
    units = [{"productId": order["items"][0]["productId"], "quantity": 1}]
    url = "https://carrier.example/0034"
    assert events.market.admin.post(shipments, {"items": units, "trackingUrl": url}).status_code == 201
    assert events.market.admin.post(shipments, {"carrier": "DHL"}).status_code == 201
    events.settled()
    told = [one for one in box.messages() if one["Subject"] == f"Your order {order['number']} is on its way"]
    first, last = sorted((one.get_payload(decode=True).decode() for one in told), key=lambda text: "DHL" in text)
    assert "\n1 x Kettle\n" in first and url in first and "The rest follows later." in first
    assert "\n1 x Kettle\n" in last and "Carrier: DHL" in last and "rest" not in last


def test_every_event_of_an_order_is_as_the_document_says(events, receiver):
    webhook = events.subscribe(receiver.url, *[kind for kind in DOCUMENT["webhooks"] if kind != "webhook.test"])
    order = events.order()
    path = f"/api/orders/{order['id']}"
    admin = events.market.admin
    assert order["buyer"].post(f"{path}/payments", {"method": "sandbox-ok"}).status_code == 201
    unit = [{"productId": order["items"][0]["productId"], "quantity": 1}]
    assert admin.post(f"{path}/shipments", {"items": unit, "carrier": "DHL"}).status_code == 201
    assert admin.post(f"{path}/shipments", {}).status_code == 201
    assert admin.post(f"{path}/refunds", {"amount": {"amount": 500, "currency": "EUR"}}).status_code == 201
    events.settled()
    told = {one.event["type"]: one.event for one in receiver.of_order(order["id"])}
    assert list(told) == ["order.placed", "order.paid", "order.partially_shipped", "order.shipped",
                          "order.partially_refunded"]
    for kind, event in told.items():
        validate(event, documented_event(kind))
    returned = told["order.partially_refunded"]["data"]
    assert returned["returned"] == returned["refunded"] == {"amount": 500, "currency": "EUR"}
    events.unsubscribe(webhook)


def test_without_a_maildir_nothing_is_sent_and_nothing_waits(events):
    def counted():
        [(orders,)] = events.shop.query("SELECT coalesce(sum(placed), 0) FROM order_statistics")
        return orders

    events.settled()
    before = counted()
    events.order()
    events.settled()
    assert counted() == before + 1
    assert metric(events.shop, "souk_jobs_attempts_total", kind="confirmation.send", outcome="done") == 0


def test_every_order_is_confirmed_once_and_counted_once_whenever_souk_is_killed(start_shop, new_folder):
    box = Box(new_folder())
    shop = start_shop(*FAST, *box.settings, "--set", "telemetry.server_timing=true", "--set", "jobs.lease=500ms",
                      "--set", "jobs.handler_timeout=200ms", "--set", "webhooks.connect_timeout=50ms",
                      "--set", "webhooks.answer_timeout=100ms")
    events = Events(shop)
    orders = []
    for round_ in range(6):
        customer = events.market.customer()
        orders += [events.order(customer) for _ in range(10)]
        wait_until(lambda: len(box.messages()) > 10 * round_, shop.souk.said)
        shop.souk.kill()
        shop.souk = Souk(*shop.souk.arguments, folder=new_folder(), environment=shop.souk.environment)
        events = Events(shop)
    events.settled()
    assert len(box.messages()) == len(orders)
    assert all(len(box.of_order(order)) == 1 for order in orders)
    assert shop.query("SELECT sum(placed) FROM order_statistics") == [(len(orders),)]
    with shop.souk:
        pass


def test_what_is_buffered_is_written_when_souk_stops(start_shop, new_folder):
    shop = start_shop(*FAST, "--set", "statistics.max_delay=1h", "--set", "telemetry.server_timing=true")
    events = Events(shop)
    events.order()
    # The number of these jobs depends on how many events were fanned out together.
    def are_buffered():
        jobs = shop.query("SELECT kind FROM outbox")
        return set(jobs) == {("statistics.record",), ("statistics.record_orders",)} and metric(shop, "souk_jobs_in_flight") == len(jobs)

    wait_until(are_buffered, lambda: shop.query("SELECT kind, claimed_by, attempt, available_at, last_error FROM outbox"))
    assert shop.query("SELECT count(*) FROM order_statistics") == [(0,)]
    assert shop.souk.stop() == 0, shop.souk.said()
    assert shop.query("SELECT placed FROM order_statistics") == [(1,)]
    assert outbox_is_empty(shop)
