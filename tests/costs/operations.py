"""The operations whose costs are held, the hottest of a shop: what is prepared for each, and its requests."""

import json
import re
import socket
import uuid

from souk_process import ANSWER_SECONDS_MAX

ADDRESS = {"recipient": "Ada Lovelace", "line1": "12 St James's Square", "city": "London", "postalCode": "SW1Y 4JH",
           "country": "GB"}
LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
WARM_UP = 20  # requests before those that are counted: caches, plans and memory as later
TIMES = 40


class Peer:
    """A client on one connection, which counts what it receives."""

    def __init__(self, port):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS_MAX)
        self._rest = b""
        self.received = 0

    def exchange(self, request):
        """Sends a request and returns status, head and body of its answer."""
        self._socket.sendall(request)
        while b"\r\n\r\n" not in self._rest:
            self._read()
        head, self._rest = self._rest.split(b"\r\n\r\n", 1)
        length = LENGTH.search(head + b"\r\n")
        length = int(length[1]) if length else 0
        while len(self._rest) < length:
            self._read()
        body, self._rest = self._rest[:length], self._rest[length:]
        self.received += len(head) + 4 + length
        return int(head.split(b" ", 2)[1]), head.decode(), body

    def _read(self):
        piece = self._socket.recv(1 << 20)
        assert piece, "the connection was closed"
        self._rest += piece

    def close(self):
        self._socket.close()


def request(method, path, body=None, token=None, **fields):
    content = json.dumps(body).encode() if body is not None else b""
    lines = [f"{method} {path} HTTP/1.1", "Host: shop.example"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


def with_key(method, path, body, token):
    return request(method, path, body, token, Idempotency_Key=str(uuid.uuid4()))


class Shop:
    """What the requests are about; everything is made by requests, so that it is the same in each run."""

    def __init__(self, peer, admin, customer):
        self.peer, self.admin, self.customer = peer, admin, customer
        self.ask("POST", "/api/users/me/addresses", ADDRESS, customer)
        self.category = self.ask("GET", "/api/categories")["items"][0]["id"]
        self.products = [self.product(number) for number in range(3)]
        self.path = f"/api/products/{self.products[0]}"
        self.orders = [self.order() for _ in range(5)]
        self.paid = self.orders[0]["id"]
        self.ask("POST", f"/api/orders/{self.paid}/payments", {"method": "sandbox-ok"}, customer)

    def ask(self, method, path, body=None, token=None):
        status, _, content = self.peer.exchange(request(method, path, body, token))
        assert status < 300, f"{method} {path}: {status} {content}"
        return json.loads(content) if content else None

    def product(self, number):
        made = self.ask("POST", "/api/products", {
            "name": f"Measured thing {number}", "description": "A thing whose costs are known.",
            "categoryId": self.category, "price": {"amount": 1999, "currency": "EUR"}}, self.admin)
        self.ask("PUT", f"/api/products/{made['id']}/stock", {"quantity": 1_000_000}, self.admin)
        return made["id"]

    def lines(self):
        return {"items": [{"productId": product, "quantity": 1} for product in self.products[:2]]}

    def order(self):
        return self.ask("POST", "/api/orders", self.lines(), self.customer)

    def hold(self):
        return self.ask("POST", "/api/reservations", self.lines(), self.customer)["id"]

    def etag(self):
        head = self.peer.exchange(request("GET", self.path))[1]
        return re.search(r"(?i)^etag: (.*)$", head, re.MULTILINE)[1].strip()


def got(path, token=None, **fields):
    """Reads the same again and again; `path` may need the shop."""
    return lambda shop, count: [request("GET", path(shop) if callable(path) else path,
                                        token=token(shop) if token else None, **fields)] * count


def as_customer(shop):
    return shop.customer


# By name: a function of the shop and of how many requests are wanted that returns them. What they need is made by it
# and is not counted.
OPERATIONS = {
    "GET /api/products/{id}": got(lambda shop: shop.path),
    "GET /api/products/{id}, signed in": got(lambda shop: shop.path, as_customer),
    "GET /api/products/{id}, unchanged": lambda shop, count: [
        request("GET", shop.path, If_None_Match=shop.etag())] * count,
    "GET /api/products/{id}?include=stock": got(lambda shop: shop.path + "?include=stock"),
    "GET /api/products/{id}/stock": got(lambda shop: shop.path + "/stock"),
    "GET /api/products": got("/api/products"),
    "GET /api/products, compressed": got("/api/products", Accept_Encoding="gzip, deflate, br, zstd"),
    "GET /api/products?category": got(lambda shop: f"/api/products?category={shop.category}"),
    "GET /api/products?q": got("/api/products?q=measured"),
    "GET /api/categories": got("/api/categories"),
    "GET /api/users/me": got("/api/users/me", as_customer),
    "GET /api/users/me/addresses": got("/api/users/me/addresses", as_customer),
    "GET /api/orders": got("/api/orders?limit=5", as_customer),
    "GET /api/orders/{id}": got(lambda shop: f"/api/orders/{shop.paid}", as_customer),
    "POST /api/reservations": lambda shop, count: [
        request("POST", "/api/reservations", shop.lines(), shop.customer) for _ in range(count)],
    "DELETE /api/reservations/{id}": lambda shop, count: [
        request("DELETE", f"/api/reservations/{shop.hold()}", token=shop.customer) for _ in range(count)],
    "POST /api/orders": lambda shop, count: [
        with_key("POST", "/api/orders", shop.lines(), shop.customer) for _ in range(count)],
    "POST /api/orders/{id}/payments": lambda shop, count: [
        with_key("POST", f"/api/orders/{shop.order()['id']}/payments", {"method": "sandbox-ok"}, shop.customer)
        for _ in range(count)],
    "POST /api/orders/{id}/cancel": lambda shop, count: [
        request("POST", f"/api/orders/{shop.order()['id']}/cancel", token=shop.customer) for _ in range(count)],
    "PUT /api/products/{id}/stock": lambda shop, count: [
        request("PUT", f"/api/products/{shop.products[2]}/stock", {"quantity": 1000 + number}, shop.admin)
        for number in range(count)],
}
