"""Authorization: every route, called by each role."""

import itertools
import time

import pytest
from conftest import PASSWORD
from contract import ADDRESS, DOCUMENT, NOBODY, lines, operation_of, statements_of

DRAFT = {"name": "Thing", "price": {"amount": 1, "currency": "EUR"}}
RECEIPT = {"amount": {"amount": 1, "currency": "EUR"}, "reference": "x"}
WEBHOOK = {"url": "https://hooks.example/souk", "events": ["order.shipped"]}


class World:
    """One owner's objects, created when a route needs them."""

    def __init__(self, market, owner):
        self.market, self.owner = market, owner

    def draft(self):
        return DRAFT | {"categoryId": self.market.category}

    def product(self):
        return self.market.product(units=10)

    def order(self):
        return self.market.order(self.owner, self.product()).json()

    def order_paid(self):
        order = self.order()
        assert self.owner.post(f"/api/orders/{order['id']}/payments", {"method": "sandbox-ok"}).status_code == 201
        return order

    def order_shipped(self):
        order = self.order_paid()
        assert self.market.admin.post(f"/api/orders/{order['id']}/ship").status_code == 200
        return order

    def reservation(self):
        for one in self.owner.get("/api/reservations").json()["items"]:  # a user has few at a time
            self.owner.delete(f"/api/reservations/{one['id']}")
        return self.owner.post("/api/reservations", {"items": lines(self.product())}).json()

    def address(self):
        return self.market.address(self.owner)

    def session(self):
        client = {"User-Agent": f"access test {time.monotonic_ns()}"}
        begun = self.market.anonymous.post("/api/sessions", {"email": self.owner.email, "password": PASSWORD},
                                           headers=client)
        assert begun.status_code == 201, begun.text
        sessions = self.owner.get("/api/users/me/sessions").json()["items"]
        return next(session["id"] for session in sessions if session["client"] == client["User-Agent"])

    def webhook(self):
        made = self.market.admin.post("/api/webhooks", WEBHOOK)
        assert made.status_code == 201, made.text
        return made.json()

    def category(self):
        return {"id": self.market.new_category()}

    def user(self):
        return self.owner.user

    def new_name(self, _numbers=itertools.count(1)):
        return f"Name {next(_numbers)}"

    def registration(self):
        count = self.market.shop.query("SELECT count(*) FROM users")[0][0]
        return {"email": f"access{count}@example.com", "password": PASSWORD, "name": "New"}


# Method, path, body, then the status for anonymous, owner, another customer and administrator.
ROUTES = [
    ("GET", lambda w: "/api/products", None, 200, 200, 200, 200),
    ("POST", lambda w: "/api/products", World.draft, 401, 403, 403, 201),
    ("PATCH", lambda w: "/api/products", lambda w: {"items": [{"id": NOBODY, "stock": 1}]}, 401, 403, 403, 200),
    ("POST", lambda w: "/api/products/import", None, 401, 403, 403, 415),
    ("GET", lambda w: f"/api/products/{w.product()['id']}", None, 200, 200, 200, 200),
    ("PUT", lambda w: f"/api/products/{w.product()['id']}", World.draft, 401, 403, 403, 200),
    ("PATCH", lambda w: f"/api/products/{w.product()['id']}", lambda w: {"name": "New"}, 401, 403, 403, 200),
    ("DELETE", lambda w: f"/api/products/{w.product()['id']}", None, 401, 403, 403, 204),
    ("GET", lambda w: f"/api/products/{w.product()['id']}/stock", None, 200, 200, 200, 200),
    ("POST", lambda w: f"/api/products/{w.product()['id']}/stock/adjustments",
     lambda w: {"change": 1, "reason": "found"}, 401, 403, 403, 201),
    ("GET", lambda w: f"/api/products/{w.product()['id']}/stock/movements", None, 401, 403, 403, 200),
    ("GET", lambda w: "/api/admin/products", None, 401, 403, 403, 200),
    ("GET", lambda w: "/api/stock", None, 401, 403, 403, 200),
    ("PUT", lambda w: f"/api/products/{w.product()['id']}/stock", lambda w: {"quantity": 5}, 401, 403, 403, 200),
    ("GET", lambda w: "/api/categories", None, 200, 200, 200, 200),
    ("POST", lambda w: "/api/categories", lambda w: {"name": w.new_name()}, 401, 403, 403, 201),
    ("GET", lambda w: f"/api/categories/{w.category()['id']}", None, 200, 200, 200, 200),
    ("PATCH", lambda w: f"/api/categories/{w.category()['id']}", lambda w: {"name": w.new_name()}, 401, 403, 403,
     200),
    ("DELETE", lambda w: f"/api/categories/{w.category()['id']}", None, 401, 403, 403, 204),
    ("POST", lambda w: "/api/users", World.registration, 201, 201, 201, 201),
    ("GET", lambda w: "/api/users", None, 401, 403, 403, 200),
    ("GET", lambda w: f"/api/users/{w.user()['id']}", None, 401, 403, 403, 200),
    ("GET", lambda w: "/api/users/me", None, 401, 200, 200, 200),
    ("PATCH", lambda w: "/api/users/me", lambda w: {"name": "New Name"}, 401, 200, 200, 200),
    ("GET", lambda w: "/api/users/me/addresses", None, 401, 200, 200, 200),
    ("POST", lambda w: "/api/users/me/addresses", lambda w: ADDRESS, 401, 201, 201, 201),
    ("GET", lambda w: f"/api/users/me/addresses/{w.address()['id']}", None, 401, 200, 404, 404),
    ("PUT", lambda w: f"/api/users/me/addresses/{w.address()['id']}", lambda w: ADDRESS, 401, 200, 404, 404),
    ("DELETE", lambda w: f"/api/users/me/addresses/{w.address()['id']}", None, 401, 204, 404, 404),
    ("POST", lambda w: "/api/users/me/password", lambda w: {"currentPassword": "not this one", "newPassword": PASSWORD},
     401, 403, 403, 403),
    ("POST", lambda w: "/api/users/password-resets", lambda w: {"email": w.owner.email}, 503, 503, 503, 503),
    ("POST", lambda w: "/api/users/password-resets/confirmations", lambda w: {"token": "x", "newPassword": PASSWORD},
     403, 403, 403, 403),
    ("POST", lambda w: "/api/users/confirmations", lambda w: {"token": "x"}, 403, 403, 403, 403),
    ("POST", lambda w: "/api/users/me/email-verification", None, 401, 503, 503, 503),
    ("POST", lambda w: "/api/users/me/email", lambda w: {"email": "a@example.com", "currentPassword": "not this one"},
     401, 403, 403, 403),
    ("POST", lambda w: "/api/users/me/deletion", lambda w: {"currentPassword": "not this one"}, 401, 403, 403, 403),
    ("GET", lambda w: "/api/users/me/export", None, 401, 200, 200, 200),
    ("GET", lambda w: "/api/audit-log", None, 401, 403, 403, 200),
    ("GET", lambda w: "/api/audit-log/export", None, 401, 403, 403, 200),
    ("GET", lambda w: "/api/users/me/sessions", None, 401, 200, 200, 200),
    ("DELETE", lambda w: f"/api/users/me/sessions/{w.session()}", None, 401, 204, 404, 404),
    ("POST", lambda w: "/api/sessions", lambda w: {"email": w.owner.email, "password": PASSWORD}, 201, 201, 201, 201),
    ("POST", lambda w: "/api/orders", lambda w: {"items": lines(w.product()), "deliveryAddress": ADDRESS},
     401, 201, 201, 201),
    ("POST", lambda w: "/api/reservations", lambda w: {"items": lines(w.product())}, 401, 201, 201, 201),
    ("GET", lambda w: "/api/reservations", None, 401, 200, 200, 200),
    ("GET", lambda w: f"/api/reservations/{w.reservation()['id']}", None, 401, 200, 404, 404),
    ("PATCH", lambda w: f"/api/reservations/{w.reservation()['id']}", lambda w: {"seconds": 9}, 401, 200, 404, 404),
    ("DELETE", lambda w: f"/api/reservations/{w.reservation()['id']}", None, 401, 204, 404, 404),
    ("GET", lambda w: "/api/orders", None, 401, 200, 200, 200),
    ("GET", lambda w: "/api/orders/search", None, 401, 403, 403, 200),
    ("GET", lambda w: f"/api/order-numbers/{w.order()['number']}", None, 401, 200, 404, 200),
    ("GET", lambda w: "/api/orders/export", None, 401, 403, 403, 200),
    ("GET", lambda w: "/api/reports/orders", None, 401, 403, 403, 200),
    ("GET", lambda w: "/api/reports/conversion", None, 401, 403, 403, 200),
    ("GET", lambda w: "/api/reports/visits", None, 401, 403, 403, 200),
    ("GET", lambda w: f"/api/orders/{w.order()['id']}", None, 401, 200, 404, 200),
    ("POST", lambda w: f"/api/orders/{w.order()['id']}/cancel", None, 401, 200, 404, 200),
    ("POST", lambda w: f"/api/orders/{w.order()['id']}/confirm", None, 401, 403, 403, 200),
    ("POST", lambda w: f"/api/orders/{w.order_paid()['id']}/ship", None, 401, 403, 403, 200),
    ("POST", lambda w: f"/api/orders/{w.order_paid()['id']}/shipments", lambda w: {"carrier": "DHL"}, 401, 403, 403, 201),
    ("GET", lambda w: f"/api/orders/{w.order()['id']}/shipments", None, 401, 200, 404, 200),
    ("POST", lambda w: f"/api/orders/{w.order_shipped()['id']}/deliver", None, 401, 403, 403, 200),
    ("POST", lambda w: f"/api/orders/{w.order_paid()['id']}/refund", None, 401, 403, 403, 200),
    ("POST", lambda w: f"/api/orders/{w.order_paid()['id']}/refunds",
     lambda w: {"amount": {"amount": 1, "currency": "EUR"}}, 401, 403, 403, 201),
    ("GET", lambda w: f"/api/orders/{w.order()['id']}/refunds", None, 401, 200, 404, 200),
    ("GET", lambda w: f"/api/orders/{w.order()['id']}/transitions", None, 401, 200, 404, 200),
    ("GET", lambda w: f"/api/orders/{w.order()['id']}/payments", None, 401, 200, 404, 200),
    ("POST", lambda w: f"/api/orders/{w.order()['id']}/payments", lambda w: {"method": "sandbox-ok"}, 401, 201, 404,
     404),
    ("POST", lambda w: f"/api/orders/{w.order()['id']}/payments/{NOBODY}/capture", lambda w: RECEIPT, 401, 403, 403,
     404),
    ("POST", lambda w: f"/api/orders/{w.order()['id']}/payments/{NOBODY}/refund", lambda w: RECEIPT, 401, 403, 403,
     404),
    ("POST", lambda w: "/api/payments/webhooks/sandbox", lambda w: {"id": "unsigned"}, 403, 403, 403, 403),
    ("GET", lambda w: f"/api/cache/entries/product:{w.product()['id']}", None, 401, 403, 403, 200),
    ("POST", lambda w: "/api/cache/drops", lambda w: {"tag": "nothing"}, 401, 403, 403, 200),
    ("GET", lambda w: "/api/jobs", None, 401, 403, 403, 200),
    ("GET", lambda w: "/api/jobs/dead", None, 401, 403, 403, 200),
    ("DELETE", lambda w: f"/api/jobs/dead/{NOBODY}", None, 401, 403, 403, 404),
    ("POST", lambda w: f"/api/jobs/dead/{NOBODY}/replay", None, 401, 403, 403, 404),
    ("POST", lambda w: "/api/jobs/replays", lambda w: {}, 401, 403, 403, 200),
    ("GET", lambda w: "/api/webhooks", None, 401, 403, 403, 200),
    ("POST", lambda w: "/api/webhooks", lambda w: WEBHOOK, 401, 403, 403, 201),
    ("POST", lambda w: f"/api/webhooks/{w.webhook()['id']}/enable", None, 401, 403, 403, 200),
    ("POST", lambda w: f"/api/webhooks/{w.webhook()['id']}/secret", None, 401, 403, 403, 200),
    ("POST", lambda w: f"/api/webhooks/{w.webhook()['id']}/test", None, 401, 403, 403, 202),
    ("GET", lambda w: f"/api/webhooks/{w.webhook()['id']}/deliveries", None, 401, 403, 403, 200),
    ("DELETE", lambda w: f"/api/webhooks/{w.webhook()['id']}", None, 401, 403, 403, 204),
    ("POST", lambda w: "/api/vitals", lambda w: {"page": "product", "lcpMs": 1}, 204, 204, 204, 204),
    ("GET", lambda w: "/openapi.json", None, 200, 200, 200, 200),
]
ROLES = ["anonymous", "owner", "other", "admin"]


@pytest.fixture(scope="module")
def people(market):
    return {"anonymous": market.anonymous, "owner": market.customer(), "other": market.customer(),
            "admin": market.admin}


def test_every_route_is_in_the_matrix():
    asked = {operation_of(method, path(FakeWorld()))["operationId"] for method, path, *_ in ROUTES}
    documented = {operation["operationId"] for methods in DOCUMENT["paths"].values() for operation in methods.values()}
    # These have their own tests: a session can be ended only once.
    assert documented - asked == {"signOut", "endSessions"}


class FakeWorld:
    def product(self):
        return {"id": NOBODY, "number": "NUMBER"}

    order = order_paid = order_shipped = address = reservation = webhook = category = user = product

    def session(self):
        return NOBODY


@pytest.mark.parametrize("role", range(len(ROLES)), ids=ROLES)
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route[0]} {route[1](FakeWorld()).replace(NOBODY, 'ID')}")
def test_access(market, people, route, role):
    method, path, body, *statuses = route
    world = World(market, people["owner"])
    client = people[ROLES[role]]
    answer = client.request(method, path(world), json=body and body(world))
    assert answer.status_code == statuses[role], answer.text
    if answer.status_code == 401:
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.json()["code"] == "unauthenticated"
        assert statements_of(answer) == 0
    own = ("wrong_password", "invalid_token", "invalid_signature")
    if answer.status_code == 403 and answer.json()["code"] not in own and "/deletion" not in path(world):
        assert answer.json()["code"] == "forbidden"
        assert statements_of(answer) == 1


def test_refused_callers_change_nothing(market, people):
    product = market.product(units=10)
    address = market.address(people["owner"])
    order = market.order(people["owner"], product).json()
    for name in ("anonymous", "other"):
        client = people[name]
        client.put(f"/api/products/{product['id']}", DRAFT | {"categoryId": market.category})
        client.patch(f"/api/products/{product['id']}", {"name": "Stolen"})
        client.delete(f"/api/products/{product['id']}")
        client.put(f"/api/products/{product['id']}/stock", {"quantity": 0})
        client.put(f"/api/users/me/addresses/{address['id']}", ADDRESS | {"city": "Elsewhere"})
        client.delete(f"/api/users/me/addresses/{address['id']}")
        for step in ("cancel", "confirm", "ship", "deliver", "refund"):
            client.post(f"/api/orders/{order['id']}/{step}")
        client.post(f"/api/orders/{order['id']}/payments", {"method": "sandbox-ok"})
    assert market.anonymous.get(f"/api/products/{product['id']}").json() == product
    assert people["owner"].get(f"/api/users/me/addresses/{address['id']}").json() == address
    assert people["owner"].get(f"/api/orders/{order['id']}").json() == order
    assert market.stock(product)["available"] == 9


def test_signing_out_ends_this_session_only(market):
    customer = market.customer()
    other = market.anonymous.post("/api/sessions", {"email": customer.email, "password": PASSWORD}).json()["token"]
    assert market.anonymous.delete("/api/sessions").status_code == 401
    assert customer.delete("/api/sessions").status_code == 204
    assert customer.get("/api/users/me").status_code == 401
    assert customer.delete("/api/sessions").status_code == 401
    still = market.anonymous.get("/api/users/me", headers={"Authorization": f"Bearer {other}"})
    assert still.status_code == 200


def test_ending_all_sessions_ends_those_of_the_caller_only(market):
    customer, other = market.customer(), market.customer()
    assert market.anonymous.delete("/api/users/me/sessions").status_code == 401
    assert customer.delete("/api/users/me/sessions").status_code == 204
    assert customer.get("/api/users/me").status_code == 401
    assert other.get("/api/users/me").status_code == 200


@pytest.mark.parametrize("value", [
    "Bearer", "Bearer ", "Bearer x", "Bearer " + "A" * 43, "Bearer " + "A" * 42, "Basic QWxhZGRpbjpvcGVu",
    "bearer " + "!" * 43])
def test_what_is_no_token_opens_nothing(market, value):
    answer = market.anonymous.get("/api/users/me", headers={"Authorization": value})
    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthenticated"


def test_expired_session_and_deactivated_user_are_locked_out(market):
    customer = market.customer()
    market.shop.query("UPDATE sessions SET created_at = now() - interval '2 days', expires_at = now() - interval '1 s' "
                      "WHERE user_id = %s", (customer.user["id"],))
    assert customer.get("/api/users/me").status_code == 401
    customer = market.customer()
    market.shop.query("UPDATE users SET is_active = false WHERE id = %s", (customer.user["id"],))
    assert customer.get("/api/users/me").status_code == 401


@pytest.mark.parametrize("lifetime, idle, seconds", [("2h", "1h", 3600), ("30m", "1h", 1800)])
def test_a_session_lasts_as_the_settings_say(start_shop, lifetime, idle, seconds):
    shop = start_shop("--set", f"accounts.session_lifetime={lifetime}",
                      "--set", f"accounts.session_idle_lifetime={idle}")
    user = shop.register().user
    lasts = shop.query("SELECT extract(epoch FROM expires_at - created_at) FROM sessions WHERE user_id = %s", (user["id"],))
    assert lasts == [(seconds,)]


def test_nobody_registers_as_administrator(market):
    registration = {"email": "mallory@example.com", "password": PASSWORD, "name": "M"}
    for member in ("isAdmin", "role", "is_admin"):
        answer = market.anonymous.post("/api/users", registration | {member: True})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == f"/{member}"
    assert not market.anonymous.post("/api/users", registration).json()["isAdmin"]
