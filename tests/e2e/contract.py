"""Checks real responses against the OpenAPI document, and creates the data that API tests need."""

import itertools
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import jsonschema
from souk_process import Client, run_souk

DOCUMENT = json.loads(run_souk("reference", "openapi").stdout)
TEMPLATES = {path: re.compile(re.sub(r"\{\w+\}", "[^/]+", path)) for path in DOCUMENT["paths"]}
STATEMENTS = re.compile(r'db;dur=[\d.]+;desc="(\d+) statements?"')
ADDRESS = {"recipient": "Ada Lovelace", "line1": "12 St James's Square", "city": "London", "postalCode": "SW1Y 4JH",
           "country": "GB"}
NOBODY = "018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b01"  # an id that does not exist
_numbers = itertools.count(1)


def resolve(node):
    while "$ref" in node:
        keys = node["$ref"].removeprefix("#/").split("/")
        node = DOCUMENT
        for key in keys:
            node = node[key]
    return node


def validate(instance, schema):
    jsonschema.Draft202012Validator(schema, resolver=jsonschema.RefResolver("", DOCUMENT),
                                    format_checker=jsonschema.FormatChecker()).validate(instance)


def operation_of(method, path):
    """The operation of that path; a literal path has priority over one with parameters."""
    fitting = [template for template, pattern in TEMPLATES.items() if pattern.fullmatch(path)]
    template = min(fitting, key=lambda one: one.count("{"), default=None)
    return DOCUMENT["paths"].get(template, {}).get(method.lower().replace("head", "get"))


def statements_of(response):
    return int(STATEMENTS.search(response.headers["Server-Timing"]).group(1))


def check(response):
    """Fails if status, header fields, body or number of statements differ from the document."""
    method, path = response.request.method, response.request.path_url.split("?")[0]
    operation = operation_of(method, path)
    if operation is None:
        return
    what = f"{method} {path}: {response.status_code} {response.text[:500]}"
    assert str(response.status_code) in operation["responses"], f"not documented: {what}"
    documented = resolve(operation["responses"][str(response.status_code)])
    for name in documented.get("headers", {}):
        if name != "Idempotency-Replayed":
            assert name in response.headers, f"{name} is missing: {what}"
    if "content" not in documented:
        assert response.content == b"", what
    elif method != "HEAD":
        content_type = response.headers["Content-Type"]
        assert content_type in documented["content"], what
        validate(response.json(), documented["content"][content_type]["schema"])
    if response.status_code != 413:  # rejected before the handler runs
        assert statements_of(response) <= operation["x-statement-budget"], what
    if response.status_code >= 400 and method != "HEAD":
        assert response.json()["status"] == response.status_code, what


class CheckedClient(Client):
    """A client that checks every answer against the document."""

    def request(self, method, path, **more):
        response = super().request(method, path, **more)
        check(response)
        return response


class Market:
    """Creates the data that tests of the API need in a shop."""

    def __init__(self, shop):
        self.shop = shop
        self.anonymous = CheckedClient(shop.souk.url)
        self.admin = CheckedClient(shop.souk.url, shop.admin_token)
        self.category = self.anonymous.get("/api/categories").json()["items"][0]["id"]

    def customer(self, address=True):
        registered = self.shop.register(address)
        client = CheckedClient(self.shop.souk.url, registered.session.headers["Authorization"].split()[1])
        client.email, client.user = registered.email, registered.user
        return client

    def another(self, client):
        """A client for the same user, on a new connection."""
        return CheckedClient(client.url, client.session.headers["Authorization"].split()[1])

    def product(self, units=1000, **members):
        draft = {"name": f"Thing {next(_numbers)}", "categoryId": self.category,
                 "price": {"amount": 1999, "currency": "EUR"}} | members
        made = self.admin.post("/api/products", draft)
        assert made.status_code == 201, made.text
        if units:
            assert self.admin.put(f"/api/products/{made.json()['id']}/stock", {"quantity": units}).status_code == 200
        return made.json()

    def stock(self, product):
        return self.anonymous.get(f"/api/products/{product['id']}/stock").json()

    def address(self, customer, **members):
        made = customer.post("/api/users/me/addresses", ADDRESS | members)
        assert made.status_code == 201, made.text
        return made.json()

    def order(self, customer, *products, quantity=1, **more):
        return customer.post("/api/orders", {"items": lines(*products, quantity=quantity)} | more)

    def new_category(self, parent=None):
        number = next(_numbers)
        row = self.shop.query(
            "INSERT INTO categories (id, parent_id, name, slug) VALUES (gen_random_uuid(), %s, %s, %s) RETURNING id",
            (parent, f"Shelf {number}", f"shelf-{number}"))
        return row[0][0]


def lines(*products, quantity=1):
    return [{"productId": product["id"], "quantity": quantity} for product in products]


def at_once(calls):
    """Runs the calls in threads that start together; returns their results in order."""
    barrier = threading.Barrier(len(calls))

    def run(call):
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def pages(client, path):
    """All pages, starting with `path`."""
    joint = "&" if "?" in path else "?"
    page = client.get(path).json()
    yield page
    while page["nextCursor"]:
        page = client.get(f"{path}{joint}cursor={page['nextCursor']}").json()
        yield page


def items(client, path):
    return [item for page in pages(client, path) for item in page["items"]]
