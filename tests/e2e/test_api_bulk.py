"""Products in bulk: SKUs, imports over HTTP, changes of prices and stocks, what GET gave as the body of PUT."""

import contextlib
import gzip
import itertools

import psycopg2
import pytest
from contract import NOBODY

_numbers = itertools.count(1)
EUR = {"amount": 1999, "currency": "EUR"}


@pytest.fixture
def skus():
    number = next(_numbers)
    return [f"BULK-{number}-{letter}" for letter in "ABC"]


@pytest.fixture(scope="module")
def shelf(market):
    market.new_category()
    slug = market.shop.query("SELECT slug FROM categories ORDER BY created_at DESC LIMIT 1")[0][0]
    return slug


def send(market, body, kind="text/csv", query="", **headers):
    return market.admin.request("POST", "/api/products/import" + query, data=body,
                                headers={"Content-Type": kind} | headers)


def with_sku(market, sku):
    return market.anonymous.get(f"/api/products?sku={sku}").json()["items"]


def test_a_sku_is_set_found_and_taken_away(market, skus):
    product = market.product(sku=skus[0])
    path = f"/api/products/{product['id']}"
    assert product["sku"] == skus[0]
    assert with_sku(market, skus[0]) == [market.anonymous.get(path).json()] == [product]
    assert with_sku(market, skus[1]) == []
    assert market.admin.patch(path, {"sku": skus[1]}).json()["sku"] == skus[1]
    assert (with_sku(market, skus[0]), len(with_sku(market, skus[1]))) == ([], 1)
    assert market.admin.patch(path, {"name": "Renamed"}).json()["sku"] == skus[1]
    assert market.admin.patch(path, {"sku": None}).json()["sku"] is None
    assert with_sku(market, skus[1]) == []


def test_a_sku_has_one_product(market, skus):
    market.product(sku=skus[0])
    other = market.product()
    draft = {"name": "Thing", "categoryId": market.category, "price": EUR, "sku": skus[0]}
    for answer in (market.admin.post("/api/products", draft),
                   market.admin.patch(f"/api/products/{other['id']}", {"sku": skus[0]})):
        assert answer.status_code == 422
        assert answer.json()["errors"] == [{"pointer": "/sku", "reason": "is taken"}]
    assert market.admin.post("/api/products", draft | {"sku": " x"}).json()["errors"][0]["pointer"] == "/sku"


def test_a_put_takes_what_a_get_gave(market, skus):
    product = market.product(sku=skus[0], units=3)
    path = f"/api/products/{product['id']}"
    given = market.anonymous.get(path + "?include=stock").json()
    assert "stock" in given and given["version"] == 1
    replaced = market.admin.put(path, given | {"name": "New name"})
    assert (replaced.status_code, replaced.json()["name"], replaced.json()["version"]) == (200, "New name", 2)
    assert replaced.json()["sku"] == skus[0]
    stale = market.admin.put(path, given)
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    other = market.admin.put(path, replaced.json() | {"id": NOBODY})
    assert other.json()["errors"][0]["pointer"] == "/id"
    stock = market.anonymous.get(path + "/stock").json()
    assert market.admin.put(path + "/stock", stock | {"onHand": 7}).json()["onHand"] == 7
    for bad in ({}, {"onHand": 1, "quantity": 1}):
        assert market.admin.put(path + "/stock", bad).json()["errors"][0]["pointer"] == "/onHand"


def test_a_file_creates_changes_and_counts_and_its_repetition_changes_nothing(market, shelf, skus):
    old = market.product(sku=skus[0], units=5)
    text = ("\ufeffsku,name,category,price,currency,stock\r\n"
            f"{skus[0]},,,24.50,EUR,4\r\n{skus[1]},\"Kettle, \"\"steel\"\"\",{shelf},19.99,EUR,7\r\n")
    tried = send(market, text.encode(), query="?dryRun=true").json()
    assert (tried["created"], tried["updated"], with_sku(market, skus[1])) == (1, 1, [])
    done = send(market, gzip.compress(text.encode()), **{"Content-Encoding": "gzip"})
    assert done.status_code == 200, done.text
    assert done.json() == {"rows": 2, "created": 1, "updated": 1, "unchanged": 0, "refused": 0, "newCategories": 0,
                           "problems": []}
    (new,) = with_sku(market, skus[1])
    assert (new["name"], new["price"]["amount"], market.stock(new)["onHand"]) == ('Kettle, "steel"', 1999, 7)
    (changed,) = with_sku(market, skus[0])
    assert changed == old | {"price": {"amount": 2450, "currency": "EUR"}, "version": 2}
    assert market.stock(old)["onHand"] == 4
    assert send(market, text.encode()).json()["unchanged"] == 2
    assert with_sku(market, skus[0]) == [changed]


def test_bad_rows_are_named_and_the_others_are_written(market, shelf, skus):
    lines = [f'{{"sku":"{skus[0]}","name":"A","category":"{shelf}","price":{{"amount":5,"currency":"EUR"}}}}',
             f'{{"sku":"{skus[1]}","name":"B","category":"Nowhere","price":{{"amount":5,"currency":"EUR"}}}}',
             f'{{"sku":"{skus[2]}","colour":"red"}}', f'{{"sku":"{skus[0]}","stock":1}}']
    report = send(market, "\n".join(lines).encode(), "application/x-ndjson").json()
    assert (report["rows"], report["created"], report["refused"]) == (4, 1, 3)
    assert [(one["row"], one["column"]) for one in report["problems"]] == [(2, "category"), (3, "colour"), (4, "sku")]
    assert [len(with_sku(market, sku)) for sku in skus] == [1, 0, 0]


def test_categories_are_made_where_asked(market, shelf, skus):
    text = f"sku,name,category,price,currency\n{skus[0]},A,{shelf}/Tins of {skus[0]},1,EUR\n".encode()
    refused = send(market, text).json()
    assert (refused["created"], refused["problems"][0]["column"]) == (0, "category")
    done = send(market, text, query="?createCategories=true").json()
    assert (done["created"], done["newCategories"]) == (1, 1)
    (parent,) = [one for one in market.anonymous.get("/api/categories").json()["items"] if one["slug"] == shelf]
    (made,) = parent["children"]
    assert made["name"] == f"Tins of {skus[0]}"
    listed = market.anonymous.get(f"/api/products?category={made['slug']}").json()["items"]
    assert [one["sku"] for one in listed] == [skus[0]]


def test_the_shop_has_one_import_at_a_time(market, shelf, skus):
    text = f"sku,name,category,price,currency\n{skus[0]},A,{shelf},1,EUR\n".encode()
    with contextlib.closing(psycopg2.connect(market.shop.database_url)) as other:
        other.cursor().execute("SELECT pg_advisory_xact_lock(hashtextextended('souk import', 0))")
        refused = send(market, text)
        assert (refused.status_code, refused.json()["code"]) == (409, "import_running")
        other.rollback()
        assert send(market, text).json()["created"] == 1


@pytest.mark.parametrize("body, kind, status, code", [
    (b"", "text/csv", 422, "validation_failed"),
    (b"name\nA\n", "text/csv", 422, "validation_failed"),
    ("sku\nA\n".encode("utf-16"), "text/csv", 422, "validation_failed"),
    (b"sku\nA\n", "application/json", 415, "unsupported_media_type"),
])
def test_a_file_that_cannot_be_read_is_refused(market, body, kind, status, code):
    answer = send(market, body, kind)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_many_prices_and_stocks_change_at_once(market, skus):
    products = [market.product(sku=sku, units=5) for sku in skus]
    new_price = {"amount": 500, "currency": "EUR"}
    assert market.order(market.customer(), products[2], quantity=2).status_code == 201
    answer = market.admin.patch("/api/products", {"items": [
        {"sku": skus[0], "price": new_price, "stock": 9}, {"id": products[1]["id"], "stock": 5},
        {"id": NOBODY, "stock": 1}, {"sku": skus[2], "price": {"amount": 1, "currency": "ZZZ"}}, {"stock": 1},
        {"id": products[0]["id"], "stock": 1}]})
    assert answer.status_code == 200, answer.text
    results = answer.json()["items"]
    assert [one["outcome"] for one in results] == ["updated", "unchanged"] + 4 * ["refused"]
    assert [one["problem"]["column"] for one in results[2:]] == ["id", "price", "", "id"]
    assert results[0]["id"] == products[0]["id"]
    assert market.anonymous.get(f"/api/products/{products[0]['id']}").json()["price"] == new_price
    assert market.stock(products[0])["onHand"] == 9
    too_many = market.admin.patch("/api/products", {"items": [{"sku": "x", "stock": 1}] * 1001})
    assert too_many.status_code == 422
