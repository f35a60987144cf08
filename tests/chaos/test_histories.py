"""Random histories of a shop, checked against a model after each step.

A history is STEPS steps by two customers and an administrator: orders, holds, payments, shipments, refunds,
cancellations, stock-takes, adjustments. During some of them the shop is killed; what cannot be known then is asked
again with the same idempotency key. The model knows nothing of Souk but docs/stock.md: after each step it says what
every product's stock must be. At the end the ledger is audited by ledger.sql.

    SOUK_HISTORIES=200 /usr/bin/python3 -m pytest tests/chaos/test_histories.py -s
"""

import collections
import dataclasses
import itertools
import os
import pathlib
import random
import subprocess
import threading
import uuid

import psycopg2
import pytest
import requests
from souk_process import Client, Souk, run_souk, wait_until

HISTORIES = int(os.environ.get("SOUK_HISTORIES", "6"))
STEPS = 25
PRODUCTS = 3
HOLDS_MAX = 10  # of a buyer
KILLS_PER_STEP = 0.04
KILL_AFTER_SECONDS_MAX = 0.01
LEDGER = pathlib.Path(__file__).with_name("ledger.sql")
PASSWORD = "correct horse battery staple"
ADDRESS = {"recipient": "Ada Lovelace", "line1": "12 St James's Square", "city": "London", "postalCode": "SW1Y 4JH",
           "country": "GB"}
PRICE = 100
_numbers = itertools.count(1)


@dataclasses.dataclass
class Line:
    quantity: int
    shipped: int = 0
    released: int = 0  # refunded and put back before they were shipped

    @property
    def waiting(self):
        return self.quantity - self.shipped - self.released


@dataclasses.dataclass
class Order:
    id: str
    buyer: int
    lines: dict
    status: str = "pending"
    refunded: int = 0  # units, all at PRICE

    def units(self):
        return sum(line.quantity for line in self.lines.values())


class Market:
    """A shop that is started again when it was killed, and its clients."""

    def __init__(self, database, redis, folder):
        self.database, self.redis, self.folder = database, redis, folder
        for command in (["migrate"], ["seed", "--products", "1", "--users", "0", "--orders", "0", "--admin-token", "admin.txt"]):
            done = run_souk(*command, environment=os.environ | {"DATABASE_URL": database}, cwd=folder)
            assert done.returncode == 0, done.stdout + done.stderr
        self.kills = 0
        self.start()
        self.tokens = [(folder / "admin.txt").read_text().strip()]
        for number in range(2):
            person = {"email": f"buyer{number}@example.com", "password": PASSWORD}
            assert self.client().post("/api/users", person | {"name": "A Buyer"}).status_code == 201
            self.tokens.append(self.client().post("/api/sessions", person).json()["token"])
            assert self.client(number + 1).post("/api/users/me/addresses", ADDRESS).status_code == 201
        self.category = self.client().get("/api/categories").json()["items"][0]["id"]

    def start(self):
        self.souk = Souk("serve", "--set", "checkout.max_open_orders_per_user=0", "--set", "checkout.max_open_units_per_user=0",
                         folder=self.folder, environment={"DATABASE_URL": self.database, "REDIS_URL": self.redis})
        self.clients = {}

    def client(self, who=None):
        """0 is the administrator, 1 and 2 are customers."""
        if who not in self.clients:
            self.clients[who] = Client(self.souk.url, self.tokens[who] if who is not None else None)
        return self.clients[who]

    def post(self, who, path, body=None):
        """Sends a request that has an idempotency key; perhaps the shop dies meanwhile, and is asked again."""
        headers = {"Idempotency-Key": str(uuid.UUID(int=random.getrandbits(128)))}
        if random.random() < KILLS_PER_STEP:
            timer = threading.Timer(random.uniform(0, KILL_AFTER_SECONDS_MAX), self.souk.process.kill)
            timer.start()
            try:
                self.client(who).post(path, body, headers=headers)
            except requests.ConnectionError:
                pass  # nobody knows whether it was done
            timer.join()
            self.souk.process.wait()
            self.kills += 1
            self.start()
        return self.client(who).post(path, body, headers=headers)

    def query(self, sql):
        connection = psycopg2.connect(self.database)
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
            rows = cursor.fetchall()
        connection.close()
        return rows


class History:
    def __init__(self, market):
        self.market = market
        self.stock = {}  # product: [on hand, reserved]
        self.orders, self.holds, self.done = [], {}, []
        for _ in range(PRODUCTS):
            draft = {"name": f"Thing {next(_numbers)}", "categoryId": market.category, "price": {"amount": PRICE, "currency": "EUR"}}
            product = market.client(0).post("/api/products", draft).json()["id"]
            self.stock[product] = [0, 0]
            self.count(product, random.randint(3, 15))

    # ---- the model

    def expect(self, response, is_legal, code=None):
        """The shop and the model must agree on whether this can be done."""
        assert response.status_code < 300 if is_legal else response.status_code in (409, 422), response.text
        assert is_legal or code is None or response.json()["code"] == code, response.text
        return is_legal

    def available(self, product):
        on_hand, reserved = self.stock[product]
        return on_hand - reserved

    def reserve(self, units):
        for product, count in units.items():
            self.stock[product][1] += count

    def ship_units(self, units):
        for product, count in units.items():
            self.stock[product][0] -= count
            self.stock[product][1] -= count

    def free(self, order):
        """Nothing that waits is promised any more."""
        self.reserve({product: -line.waiting for product, line in order.lines.items()})
        for line in order.lines.values():
            line.released += line.waiting

    def check(self):
        shown = {product: [on_hand, reserved] for product, on_hand, reserved in self.market.query(
            "SELECT product_id::text, quantity, reserved FROM product_stocks")}
        assert {product: shown[product] for product in self.stock} == self.stock
        statuses = dict(self.market.query("SELECT id::text, status FROM orders"))
        assert {order.id: statuses[order.id] for order in self.orders} == {order.id: order.status for order in self.orders}

    # ---- the steps

    def some_units(self, most=4):
        return {product: random.randint(1, most) for product in random.sample(sorted(self.stock), random.randint(1, PRODUCTS))}

    @staticmethod
    def items(units, **more):
        return [{"productId": product, "quantity": count} | more for product, count in units.items()]

    def order_with(self, *statuses):
        fitting = [order for order in self.orders if order.status in statuses]
        return random.choice(fitting) if fitting else None

    def place(self):
        """Who holds units of what is ordered gets these first, of the hold that ends first."""
        buyer, units = random.randint(1, 2), self.some_units()
        own = {product: min(count, sum(held[product] for who, held in self.holds.values() if who == buyer))
               for product, count in units.items()}
        placed = self.market.post(buyer, "/api/orders", {"items": self.items(units)})
        fits = all(count <= self.available(product) + own[product] for product, count in units.items())
        if self.expect(placed, fits, "out_of_stock"):
            self.reserve({product: count - own[product] for product, count in units.items()})
            self.use_holds(buyer, own)
            self.orders.append(Order(placed.json()["id"], buyer, {product: Line(count) for product, count in units.items()}))

    def hold(self):
        buyer, units = random.randint(1, 2), self.some_units()
        held = self.market.client(buyer).post("/api/reservations", {"items": self.items(units), "seconds": 3600})
        fits = all(count <= self.available(product) for product, count in units.items())
        if sum(who == buyer for who, _ in self.holds.values()) == HOLDS_MAX:
            self.expect(held, False)
        elif self.expect(held, fits, "out_of_stock"):
            self.reserve(units)
            self.holds[held.json()["id"]] = (buyer, collections.Counter(units))

    def use_holds(self, buyer, units):
        for hold, (who, held) in list(self.holds.items()):
            if who == buyer:
                used = {product: min(count, held[product]) for product, count in units.items()}
                units = {product: count - used[product] for product, count in units.items()}
                held.subtract(used)
                if not any(held.values()):
                    del self.holds[hold]

    def end_hold(self):
        if self.holds:
            hold = random.choice(sorted(self.holds))
            buyer, held = self.holds.pop(hold)
            units = +held  # what is left of it
            if random.random() < 0.5:
                placed = self.market.post(buyer, "/api/orders", {"reservationId": hold})
                assert placed.status_code == 201, placed.text
                self.orders.append(Order(placed.json()["id"], buyer, {product: Line(count) for product, count in units.items()}))
            else:
                assert self.market.client(buyer).delete(f"/api/reservations/{hold}").status_code == 204
                self.reserve({product: -count for product, count in units.items()})

    def pay(self):
        if order := self.order_with("pending"):
            paid = self.market.post(order.buyer, f"/api/orders/{order.id}/payments", {"method": "sandbox-ok"})
            assert paid.status_code in (200, 201, 202), paid.text
            wait_until(lambda: self.market.query(f"SELECT status FROM orders WHERE id = '{order.id}'") == [("paid",)], "paid")
            order.status = "paid"

    def cancel(self):
        if order := self.order_with("pending", "paid", "shipped"):
            cancelled = self.market.client(order.buyer).post(f"/api/orders/{order.id}/cancel")
            if self.expect(cancelled, order.status == "pending", "not_cancellable"):
                self.free(order)
                order.status = "cancelled"

    def ship(self):
        order = self.order_with("pending", "paid", "partially_shipped", "shipped")
        if not order:
            return
        waiting = {product: line.waiting for product, line in order.lines.items() if line.waiting}
        units = waiting
        body = {}
        if waiting and random.random() < 0.6:
            units = {product: random.randint(1, waiting[product]) for product in random.sample(sorted(waiting), 1)}
            body = {"items": self.items(units)}
        shipped = self.market.post(0, f"/api/orders/{order.id}/shipments", body)
        if self.expect(shipped, order.status in ("paid", "partially_shipped"), "illegal_transition"):
            self.ship_units(units)
            for product, count in units.items():
                order.lines[product].shipped += count
            order.status = "partially_shipped" if any(line.waiting for line in order.lines.values()) else "shipped"

    def refund_units(self):
        """One unit of a line of which all or nothing was shipped, put back or not; never an order's last one."""
        order = self.order_with("paid", "partially_shipped", "shipped")
        if not order or order.refunded + 1 >= order.units():
            return
        lines = [(product, line) for product, line in order.lines.items()
                 if line.quantity > 1 and line.shipped in (0, line.quantity) and line.released == 0]
        if not lines or order.refunded:
            return
        product, line = random.choice(lines)
        restock = random.random() < 0.5
        refunded = self.market.post(0, f"/api/orders/{order.id}/refunds",
                                    {"items": self.items({product: 1}, restock=restock)})
        assert refunded.status_code in (201, 202), refunded.text
        wait_until(lambda: self.market.query(f"SELECT refunded FROM orders WHERE id = '{order.id}'") == [(PRICE,)], "refunded")
        order.refunded += 1
        if restock and line.shipped:
            self.stock[product][0] += 1
        elif restock:
            self.stock[product][1] -= 1
            line.released += 1

    def refund_all(self):
        if order := self.order_with("paid"):
            refunded = self.market.client(0).post(f"/api/orders/{order.id}/refund")
            assert refunded.status_code in (200, 201, 202), refunded.text
            wait_until(lambda: self.market.query(f"SELECT status FROM orders WHERE id = '{order.id}'") == [("refunded",)], "refunded")
            self.free(order)
            order.status = "refunded"

    def count(self, product=None, units=None):
        product = product or random.choice(sorted(self.stock))
        units = random.randint(0, 15) if units is None else units
        counted = self.market.client(0).put(f"/api/products/{product}/stock", {"quantity": units})
        if self.expect(counted, units >= self.stock[product][1], "validation_failed"):
            self.stock[product][0] = units

    def adjust(self):
        product, change = random.choice(sorted(self.stock)), random.choice((-3, -2, -1, 1, 2, 3))
        adjusted = self.market.post(0, f"/api/products/{product}/stock/adjustments", {"change": change, "reason": "found"})
        if self.expect(adjusted, self.available(product) + change >= 0):
            self.stock[product][0] += change

    STEPS = {place: 6, hold: 3, end_hold: 2, pay: 4, cancel: 2, ship: 4, refund_units: 2, refund_all: 1, count: 1, adjust: 2}

    def run(self):
        for step in random.choices(list(self.STEPS), self.STEPS.values(), k=STEPS):
            self.done.append(step.__name__)
            step(self)
            self.check()
        while self.holds:  # they count against the buyer's number of holds, and there are more histories
            self.end_hold()
        self.check()


@pytest.fixture
def market(servers, new_database, new_folder):
    market = Market(new_database(), servers[1], new_folder())
    yield market
    market.souk.stop()


@pytest.mark.slow
def test_random_histories_are_those_of_the_model(market):
    steps = collections.Counter()
    for _ in range(HISTORIES):
        history = History(market)
        try:
            history.run()
        except BaseException:
            print("steps:", history.done)
            raise
        steps.update(history.done)
    audit = subprocess.run(["psql", "-XqtA", "-v", "ON_ERROR_STOP=1", "-d", market.database, "-f", LEDGER], check=False,
                           capture_output=True, text=True)
    assert (audit.returncode, audit.stdout) == (0, ""), audit.stdout + audit.stderr
    print(f"{HISTORIES} histories, {market.kills} kills, steps: {dict(steps)}")
