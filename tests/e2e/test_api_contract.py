"""The API's contract apart from lists and orders: products, accounts, errors, conditional requests."""

import json
import re

import pytest
from conftest import PASSWORD
from contract import ADDRESS, DOCUMENT, NOBODY, at_once, check, statements_of, validate


@pytest.fixture(scope="module")
def customer(market):
    return market.customer()


def draft(market, **members):
    return {"name": "Thing", "categoryId": market.category, "price": {"amount": 1, "currency": "EUR"}} | members


def test_the_document_is_served_and_its_examples_fit(market):
    served = market.anonymous.get("/openapi.json")
    assert served.json() == DOCUMENT
    again = market.anonymous.get("/openapi.json", headers={"If-None-Match": served.headers["ETag"]})
    assert again.status_code == 304
    for schema in DOCUMENT["components"]["schemas"].values():
        for example in schema.get("examples", []):
            validate(example, schema)


def test_a_product_lives(market):
    made = market.admin.post("/api/products", draft(market, description="Old"))
    product = made.json()
    path = made.headers["Location"]
    assert path == f"/api/products/{product['id']}"
    assert product.keys() == {"id", "sku", "name", "description", "categoryId", "price", "isActive", "version"}
    assert (product["isActive"], product["version"], made.headers["ETag"]) == (True, 1, '"1"')
    changed = market.admin.patch(path, {"name": "Other"})
    assert changed.json() == product | {"name": "Other", "version": 2}
    replaced = market.admin.put(path, draft(market, name="Third"))
    assert replaced.json() == product | {"name": "Third", "description": "", "version": 3}
    assert market.anonymous.get(path).json() == replaced.json()
    assert market.admin.delete(path).status_code == 204
    back = market.admin.patch(path, {"isActive": True})
    assert back.json()["isActive"]


def test_statements_are_what_they_must_be(market, customer):
    product = market.product(units=3)
    path = f"/api/products/{product['id']}"
    page = f"/api/products?category={product['categoryId']}&currency=EUR&minPrice=7"  # not requested before, so not cached
    address = f"/api/users/me/addresses/{market.address(customer)['id']}"
    for answer, expected in [
            (market.anonymous.get(path), 1), (market.anonymous.get(path), 0),
            (market.anonymous.get(page), 1), (market.anonymous.get(page), 0),
            # The product is new, so is what the shop's currencies are.
            (market.anonymous.get("/api/products?minPrice=7"), 2), (market.anonymous.get("/api/products?minPrice=8"), 1),
            # The stock was shown when it was set.
            (market.anonymous.get(path + "/stock"), 0), (market.anonymous.get(path + "?include=stock"), 0),
            # One of an administrator's is the audit log's.
            (market.admin.patch(path, {"name": "New"}), 4), (market.anonymous.get(path), 1),
            (market.admin.put(path + "/stock", {"quantity": 9}), 3), (market.anonymous.get(path + "/stock"), 0),
            (customer.get("/api/users/me"), 2), (customer.patch("/api/users/me", {"name": "New"}), 2),
            (customer.get("/api/users/me/addresses"), 2), (customer.get(address), 2),
            (customer.post("/api/users/me/addresses", ADDRESS), 3), (customer.put(address, ADDRESS), 3),
            (customer.delete(address), 3)]:
        assert statements_of(answer) == expected, answer.request.url


def test_only_the_expected_version_is_changed(market):
    path = f"/api/products/{market.product(units=0)['id']}"
    first = market.anonymous.get(path).headers["ETag"]
    assert market.admin.patch(path, {"name": "A"}, headers={"If-Match": first}).status_code == 200
    for stale in (first, 'W/"2"', '"nonsense"', "2"):
        for answer in (market.admin.patch(path, {"name": "B"}, headers={"If-Match": stale}),
                       market.admin.put(path, draft(market), headers={"If-Match": stale}),
                       market.admin.delete(path, headers={"If-Match": stale})):
            assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")
    assert market.anonymous.get(path).json()["name"] == "A"
    assert market.admin.patch(path, {"name": "C"}, headers={"If-Match": "*"}).status_code == 200
    several = market.admin.patch(path, {"name": "D"}, headers={"If-Match": 'W/"3", "2", "3"'})
    assert several.json()["version"] == 4
    for none in ("*", 'W/"4"', '"1", "4"'):
        answer = market.admin.patch(path, {"name": "E"}, headers={"If-None-Match": none})
        assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")
    assert market.admin.patch(path, {"name": "E"}, headers={"If-None-Match": '"3"'}).status_code == 200
    gone = market.admin.patch(f"/api/products/{NOBODY}", {"name": "E"}, headers={"If-Match": first})
    assert gone.status_code == 404


def test_only_the_expected_version_of_a_stock_is_changed(market):
    path = f"/api/products/{market.product(units=0)['id']}/stock"

    def put(units, **fields):
        return market.another(market.admin).put(path, {"quantity": units}, headers={k.replace("_", "-"): v
                                                                                   for k, v in fields.items()})

    never_set = market.anonymous.get(path).headers["ETag"]
    assert put(1, If_None_Match="*").status_code == 412
    assert put(1, If_Match='"1"').status_code == 412
    assert put(1, If_Match=never_set).status_code == 200
    first = market.anonymous.get(path).headers["ETag"]
    assert put(2, If_Match=never_set).status_code == 412
    assert put(2, If_Match=f"W/{first}").status_code == 412
    assert put(2, If_None_Match=first).status_code == 412
    answers = at_once([lambda units=units: put(units, If_Match=f'"77", {first}') for units in range(10, 18)])
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7
    done = next(answer for answer in answers if answer.status_code == 200)
    assert market.anonymous.get(path).json() == done.json()
    assert put(3, If_Match="*").status_code == 200
    missing = f"/api/products/{NOBODY}/stock"
    assert market.admin.put(missing, {"quantity": 1}, headers={"If-Match": "*"}).status_code == 404
    assert market.admin.put(missing, {"quantity": 1}, headers={"If-Match": '"1"'}).status_code == 404


def test_what_has_no_etag_matches_none(market):
    customer = market.customer()
    path = f"/api/users/me/addresses/{market.address(customer)['id']}"
    for fields in ({"If-Match": '"1"'}, {"If-None-Match": "*"}):
        for answer in (customer.put(path, ADDRESS, headers=fields), customer.delete(path, headers=fields),
                       customer.patch("/api/users/me", {"name": "New"}, headers=fields)):
            assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")
    assert customer.delete(path, headers={"If-Match": "*"}).status_code == 204


@pytest.mark.parametrize("path", ["/api/products/{id}", "/api/products/{id}?include=stock", "/api/products/{id}/stock",
                                  "/api/products?category={category}", "/api/products?category={category}&include=stock"])
def test_a_read_is_asked_again_only_where_something_changed(market, path):
    category = market.new_category()
    product = market.product(units=5, categoryId=category)
    path = path.format(id=product["id"], category=category)
    first = market.anonymous.get(path)
    condition = {"If-None-Match": first.headers["ETag"]}
    same = market.anonymous.get(path, headers=condition)
    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert market.anonymous.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
    market.admin.patch(f"/api/products/{product['id']}", {"name": "New"})
    market.admin.put(f"/api/products/{product['id']}/stock", {"quantity": 6})
    changed = market.anonymous.get(path, headers=condition)
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]


def test_what_is_private_is_never_stored(market, customer):
    for answer in (customer.get("/api/users/me"), customer.get("/api/orders"),
                   market.anonymous.post("/api/sessions", {"email": customer.email, "password": PASSWORD})):
        assert answer.ok
        assert answer.headers["Cache-Control"] == "no-store"
    for refusal, status in ((market.anonymous.get("/api/orders"), 401), (customer.get("/api/jobs"), 403),
                            (customer.get(f"/api/orders/{NOBODY}"), 404)):
        assert refusal.status_code == status
        assert refusal.headers["Cache-Control"] == "no-store"
        assert refusal.headers["X-Content-Type-Options"] == "nosniff"
    shared = market.anonymous.get("/api/products").headers
    assert shared["Cache-Control"] == "public, max-age=0, s-maxage=0, stale-if-error=600"
    assert shared["Vary"] == "Accept-Encoding"
    assert market.anonymous.get(f"/api/products/{NOBODY}").headers["Cache-Control"] == "no-cache"


def test_head_says_what_get_says_without_a_body(market):
    path = f"/api/products/{market.product(units=0)['id']}"
    got, head = market.anonymous.get(path), market.anonymous.request("HEAD", path)
    assert head.status_code == 200
    assert head.content == b""
    for field in ("Content-Length", "Content-Type", "ETag"):
        assert head.headers[field] == got.headers[field]


def test_methods_a_path_does_not_have(market):
    answer = market.anonymous.request("DELETE", "/api/products")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, HEAD, POST, PATCH, OPTIONS"
    assert market.anonymous.get("/api/nothing").json()["code"] == "not_found"
    assert market.anonymous.get("/api/products/").status_code == 404


@pytest.mark.parametrize("identifier", ["x", "1", NOBODY, NOBODY[:-1], "%00", "..%2f", "00000000000000000000000000000000"])
def test_ids_that_nothing_has(market, identifier):
    answer = market.anonymous.get(f"/api/products/{identifier}")
    assert answer.status_code in (404, 400)
    assert answer.json()["code"] in ("not_found", "invalid_request")


@pytest.mark.parametrize("members, pointer", [
    ({"name": ""}, "/name"), ({"name": " "}, "/name"), ({"name": "x" * 201}, "/name"), ({"name": None}, "/name"),
    ({"name": 1}, "/name"), ({"name": "a\0b"}, "/name"), ({"name": "a\nb"}, "/name"), ({"name": "\u200b"}, "/name"),
    ({"name": "\u202etxt.exe"}, "/name"), ({"description": "x" * 10_001}, "/description"),
    ({"price": 5}, "/price"), ({"price": {"amount": -1, "currency": "EUR"}}, "/price/amount"),
    ({"price": {"amount": 1.5, "currency": "EUR"}}, "/price/amount"),
    ({"price": {"amount": "1", "currency": "EUR"}}, "/price/amount"),
    ({"price": {"amount": 10**12 + 1, "currency": "EUR"}}, "/price/amount"),
    ({"price": {"amount": 2**63, "currency": "EUR"}}, "/price/amount"),
    ({"price": {"amount": 1, "currency": "eur"}}, "/price/currency"),
    ({"price": {"amount": 1, "currency": "ZZZ"}}, "/price/currency"),
    ({"price": {"amount": 1, "currency": "XXX"}}, "/price/currency"),
    ({"price": {"amount": 1, "currency": "EURO"}}, "/price/currency"), ({"price": {"amount": 1}}, "/price/currency"),
    ({"categoryId": "x"}, "/categoryId"), ({"isActive": 1}, "/isActive"), ({"id": NOBODY}, "/id"),
    ({"colour": "red"}, "/colour"), ({"a/b~c": 1}, "/a~1b~0c")])
def test_products_that_make_no_sense(market, members, pointer):
    path = f"/api/products/{market.product(units=0)['id']}"
    before = market.anonymous.get(path).json()
    for answer in (market.admin.post("/api/products", draft(market, **members)),
                   market.admin.put(path, draft(market, **members)), market.admin.patch(path, members)):
        assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed"), answer.text
        assert pointer in [error["pointer"] for error in answer.json()["errors"]]
        assert statements_of(answer) == 2  # the caller's authentication, and the audit log
    assert market.anonymous.get(path).json() == before


def test_the_longest_description_passes(market):
    made = market.product(units=0, description="😀" * 10_000)
    assert market.anonymous.get(f"/api/products/{made['id']}").json()["description"] == "😀" * 10_000


def test_an_unknown_category_is_one(market):
    answer = market.admin.post("/api/products", draft(market, categoryId=NOBODY))
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_category")


@pytest.mark.parametrize("body, code", [
    (b"", "invalid_request"), (b"{", "invalid_request"), (b"nonsense", "invalid_request"), (b"{} {}", "invalid_request"),
    (b'{"name":"\xff"}', "invalid_request"), (b'{"name":01}', "invalid_request"), (b"[" * 5000, "invalid_request"),
    (b'{"name":' + b"[" * 100 + b"]" * 100 + b"}", "invalid_request"), (b'{"price":1e999}', "invalid_request"),
    (b"[]", "validation_failed"), (b"null", "validation_failed"), (b'"x"', "validation_failed"),
    (b'{"name":"a","name":"b"}', "validation_failed")])
def test_bodies_that_are_no_objects_of_ours(market, body, code):
    headers = {"Content-Type": "application/json"}
    answer = market.admin.request("POST", "/api/products", data=body, headers=headers)
    assert answer.json()["code"] == code, answer.text
    assert answer.status_code == (400 if code == "invalid_request" else 422)


@pytest.mark.parametrize("headers", [
    {}, {"Content-Type": "text/plain"}, {"Content-Type": "application/x-www-form-urlencoded"},
    {"Content-Type": "application/json", "Content-Encoding": "deflate"}])
def test_only_json_is_read(market, headers):
    answer = market.admin.request("POST", "/api/products", data=json.dumps(draft(market)), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def concrete(path):
    return re.sub(r"{(\w+)}", lambda one: {"provider": "sandbox", "key": "key"}.get(one[1], NOBODY), path)


OPERATIONS = [(method.upper(), concrete(path), operation) for path, methods in DOCUMENT["paths"].items()
              for method, operation in methods.items()]


@pytest.mark.parametrize("method, path, operation", OPERATIONS, ids=[one["operationId"] for *_, one in OPERATIONS])
def test_an_operation_refuses_what_it_does_not_take(market, method, path, operation):
    def ask(query="", body=None):
        return market.admin.request(method, path + query, data=body, headers={"Content-Type": "application/json"})

    unknown, repeated = ask("?nonsense=1"), ask("?nonsense=1&nonsense=1")
    assert (unknown.status_code, unknown.json()["code"]) == (422, "validation_failed")
    assert (repeated.status_code, repeated.json()["code"]) == (400, "invalid_request")
    assert [error["pointer"] for error in unknown.json()["errors"] + repeated.json()["errors"]] == ["nonsense"] * 2
    if operation["operationId"] in ("receivePaymentEvent", "importProducts"):
        return  # the signature is checked before the body; a file is not JSON
    strange = ask(body='{"nonsense": 1}').json()
    assert ask(body="{not json").json()["code"] == "invalid_request"
    if "requestBody" in operation:
        assert "/nonsense" in [error["pointer"] for error in strange["errors"]]
    else:
        assert strange["code"] == "invalid_request"
        if operation["operationId"] not in ("signOut", "endSessions"):
            assert ask(body="{ }").status_code == ask().status_code


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_what_operators_ask_is_as_strict(market, path):
    assert market.anonymous.get(path + "?nonsense=1").json()["code"] == "validation_failed"
    assert market.anonymous.request("GET", path, data="{not json").json()["code"] == "invalid_request"


def test_a_refund_of_part_refunds_nothing(market):
    customer = market.customer()
    path = f"/api/orders/{market.order(customer, market.product()).json()['id']}"
    assert customer.post(path + "/payments", {"method": "sandbox-ok"}).status_code == 201
    assert market.admin.post(path + "/refund", {"amount": {"amount": 1, "currency": "EUR"}}).status_code == 400
    assert market.admin.post(path + "/ship", {"trackingNumber": "1Z"}).status_code == 400
    assert customer.get(path).json()["status"] == "paid"


def test_a_body_larger_than_the_route_takes(market, customer):
    answer = customer.post("/api/orders", {"items": [], "padding": "x" * 40_000})
    assert (answer.status_code, answer.json()["code"]) == (413, "request_too_large")


def test_an_account_lives(market):
    customer = market.customer()
    me = customer.get("/api/users/me").json()
    assert me == customer.user
    assert me.keys() == {"id", "email", "name", "isAdmin", "createdAt", "emailVerifiedAt"}
    assert customer.patch("/api/users/me", {"name": "Ada King"}).json() == me | {"name": "Ada King"}
    assert customer.patch("/api/users/me", {}).json()["name"] == "Ada King"
    refused = customer.patch("/api/users/me", {"email": "new@example.com"})
    assert refused.json()["errors"][0]["pointer"] == "/email"


def test_a_session_starts_with_the_right_password_alone(market, customer):
    made = market.anonymous.post("/api/sessions", {"email": customer.email.upper(), "password": PASSWORD})
    assert made.status_code == 201
    session = made.json()
    assert session.keys() == {"token", "expiresAt", "user"}
    assert session["user"] == customer.get("/api/users/me").json()
    wrong = market.anonymous.post("/api/sessions", {"email": customer.email, "password": "wrong"})
    unknown = market.anonymous.post("/api/sessions", {"email": "nobody@example.com", "password": PASSWORD})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert wrong.json()["code"] == "invalid_credentials"


def test_an_address_has_one_account(market, customer):
    answer = market.anonymous.post("/api/users", {"email": customer.email.upper(), "password": PASSWORD, "name": "X"})
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")


@pytest.mark.parametrize("members, pointer", [
    ({"email": "nonsense"}, "/email"), ({"email": "a@b@c"}, "/email"), ({"email": "ä@example.com"}, "/email"),
    ({"email": "x" * 250 + "@example.com"}, "/email"), ({"password": "short"}, "/password"),
    ({"password": "x" * 201}, "/password"), ({"password": "Password1"}, "/password"), ({"name": ""}, "/name"),
    ({"name": "\t"}, "/name"), ({"name": "\u3164"}, "/name"), ({"name": "Ada\u2066"}, "/name")])
def test_registrations_that_make_no_sense(market, members, pointer):
    registration = {"email": "fine@example.com", "password": PASSWORD, "name": "Fine"} | members
    answer = market.anonymous.post("/api/users", registration)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert statements_of(answer) == 0


def test_one_address_is_the_default(market):
    customer = market.customer(address=False)
    first, second = market.address(customer), market.address(customer, label="Work")
    assert (first["isDefault"], second["isDefault"]) == (True, False)
    path = f"/api/users/me/addresses/{second['id']}"
    assert customer.put(path, ADDRESS | {"isDefault": True}).json()["isDefault"]
    listed = customer.get("/api/users/me/addresses").json()
    assert [(one["id"], one["isDefault"]) for one in listed["items"]] == [(second["id"], True), (first["id"], False)]
    assert listed["nextCursor"] is None
    assert customer.delete(path).status_code == 204
    assert customer.get(path).status_code == 404
    assert [one["isDefault"] for one in customer.get("/api/users/me/addresses").json()["items"]] == [True]


def every_put(market, customer):
    """The URL of each resource that can be replaced, and a client that may."""
    product = f"/api/products/{market.product(units=3)['id']}"
    made = customer.post("/api/users/me/addresses", ADDRESS)
    return {"/api/products/{id}": (market.admin, product), "/api/products/{id}/stock": (market.admin, f"{product}/stock"),
            "/api/users/me/addresses/{id}": (customer, made.headers["Location"])}


def test_put_takes_what_get_gave_and_changes_nothing(market):
    puts = every_put(market, market.customer())
    assert set(puts) == {path for path, item in DOCUMENT["paths"].items() if "put" in item}
    for client, url in puts.values():
        body = client.get(url).json()
        again = client.put(url, body)
        assert again.status_code == 200, (url, again.text)
        same = {"version"}  # rises with every replacement
        assert {k: v for k, v in again.json().items() if k not in same} == {
            k: v for k, v in body.items() if k not in same}
        if "id" in body:
            elsewhere = client.put(url, body | {"id": NOBODY})
            assert (elsewhere.status_code, elsewhere.json()["errors"][0]["pointer"]) == (422, "/id")


def test_a_user_has_fifty_addresses_at_most(market):
    customer = market.customer(address=False)
    for _ in range(50):
        market.address(customer)
    answer = customer.post("/api/users/me/addresses", ADDRESS)
    assert (answer.status_code, answer.json()["code"]) == (409, "limit_reached")


def test_problems_are_never_html_and_say_their_type(market):
    answer = market.anonymous.get(f"/api/products/{NOBODY}")
    check(answer)
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == "urn:souk:problem:not_found"
    assert problem["title"] == "Not Found"


def test_no_request_ran_more_statements_than_its_route_states(market):
    metrics = market.anonymous.get("/metrics").text
    over = [line for line in metrics.splitlines() if line.startswith("souk_http_over_statement_budget_total{")]
    assert [line for line in over if not line.endswith(" 0")] == []
