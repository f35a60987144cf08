"""Categories through the API: administrators keep the tree, everybody sees it, lists follow it."""

import itertools

import pytest
from contract import NOBODY

_numbers = itertools.count(1)


def new_name():
    return f"Department {next(_numbers)}"


def add(market, name=None, **members):
    made = market.admin.post("/api/categories", {"name": name or new_name()} | members)
    assert made.status_code == 201, made.text
    return made.json()


def change(market, category, body, **more):
    return market.admin.patch(f"/api/categories/{category['id']}", body, **more)


def in_tree(market, category):
    """The category in the tree as everybody sees it, or nothing."""
    def find(nodes):
        for node in nodes:
            if node["id"] == category["id"]:
                return node
            if found := find(node["children"]):
                return found
        return None
    return find(market.anonymous.get("/api/categories").json()["items"])


def listed(market, category, **more):
    page = market.anonymous.get("/api/products", params={"category": category} | more).json()
    return [product["id"] for product in page["items"]]


def test_a_new_category_is_in_the_tree_at_once_and_holds_products(market):
    top = add(market)
    below = add(market, parentId=top["id"])
    assert [child["id"] for child in in_tree(market, top)["children"]] == [below["id"]]
    product = market.product(units=0, categoryId=below["id"])
    assert listed(market, top["id"]) == [product["id"]]


def test_location_and_etag_lead_to_the_category(market):
    made = market.admin.post("/api/categories", {"name": new_name(), "parentId": None})
    read = market.anonymous.get(made.headers["Location"])
    assert read.json() == made.json()
    assert read.headers["ETag"] == made.headers["ETag"]
    assert market.anonymous.get(made.headers["Location"],
                                headers={"If-None-Match": made.headers["ETag"]}).status_code == 304
    assert market.anonymous.get(f"/api/categories/{NOBODY}").status_code == 404


def test_products_are_listed_by_the_slug_as_by_the_id_also_after_a_new_name(market):
    category = add(market)
    product = market.product(units=0, categoryId=category["id"])
    slug = category["slug"]
    assert change(market, category, {"name": new_name()}).json()["slug"] == slug
    assert listed(market, slug) == listed(market, category["id"]) == [product["id"]]
    assert listed(market, slug, sort="price", include="stock") == [product["id"]]
    assert listed(market, "no-such-slug") == []
    assert change(market, category, {"slug": f"{slug}-new"}).status_code == 200
    assert listed(market, slug) == []
    assert listed(market, f"{slug}-new") == [product["id"]]


def test_what_is_neither_an_id_nor_a_slug_is_refused(market):
    for text in ("Kitchen", "a b", "-", ""):
        answer = market.anonymous.get("/api/products", params={"category": text})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request"), text


def test_a_move_takes_the_products_along_in_every_list(market):
    old, new, moved = add(market), add(market), add(market)
    product = market.product(units=0, categoryId=moved["id"])
    assert listed(market, old["id"]) == listed(market, new["id"]) == []
    assert change(market, moved, {"parentId": old["id"]}).json()["parentId"] == old["id"]
    assert listed(market, old["id"]) == [product["id"]]
    change(market, moved, {"parentId": new["id"]})
    assert (listed(market, old["id"]), listed(market, new["id"])) == ([], [product["id"]])
    assert change(market, moved, {"parentId": None}).json()["parentId"] is None
    assert listed(market, new["id"]) == []


def test_siblings_are_in_the_order_of_their_positions(market):
    parent = add(market)
    first, second, third = (add(market, parentId=parent["id"]) for _ in range(3))
    assert [one["position"] for one in (first, second, third)] == [0, 1, 2]
    change(market, third, {"position": 0})
    change(market, first, {"position": 7})
    assert [child["id"] for child in in_tree(market, parent)["children"]] == [third["id"], second["id"], first["id"]]


def test_a_loop_is_refused_and_changes_nothing(market):
    top = add(market)
    leaf = add(market, parentId=add(market, parentId=top["id"])["id"])
    before = in_tree(market, top)
    answer = change(market, top, {"parentId": leaf["id"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "category_loop")
    assert in_tree(market, top) == before


@pytest.mark.parametrize(("body", "status", "code", "pointer"), [
    ({"parentId": NOBODY}, 422, "unknown_category", "/parentId"), ({"name": ""}, 422, "validation_failed", "/name"),
    ({"name": "a\nb"}, 422, "validation_failed", "/name"), ({"name": "x" * 101}, 422, "validation_failed", "/name"),
    ({"slug": "Not One"}, 422, "validation_failed", "/slug"), ({"slug": NOBODY}, 422, "validation_failed", "/slug"),
    ({"position": -1}, 422, "validation_failed", "/position"),
    ({"position": 1_000_001}, 422, "validation_failed", "/position"),
    ({"id": NOBODY}, 422, "validation_failed", "/id"), ({"slug": None}, 422, "validation_failed", "/slug")])
def test_what_is_wrong_is_named_and_changes_nothing(market, body, status, code, pointer):
    category = add(market)
    for answer in (market.admin.post("/api/categories", {"name": new_name()} | body), change(market, category, body)):
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        assert answer.json()["errors"][0]["pointer"] == pointer
    assert market.anonymous.get(f"/api/categories/{category['id']}").json() == category


def test_a_name_is_taken_among_siblings_and_a_slug_everywhere(market):
    one, other = add(market), add(market)
    for body, pointer in (({"name": one["name"]}, "/name"), ({"slug": one["slug"]}, "/slug")):
        for answer in (market.admin.post("/api/categories", {"name": new_name()} | body), change(market, other, body)):
            assert (answer.status_code, answer.json()["code"]) == (409, "category_taken")
            assert answer.json()["errors"][0]["pointer"] == pointer
    assert add(market, one["name"], parentId=other["id"])["slug"] == f"{one['slug']}-2"


def test_a_change_of_another_version_is_refused(market):
    category = add(market)
    path, etag = f"/api/categories/{category['id']}", {"If-Match": '"1"'}
    assert market.admin.patch(path, {"name": new_name()}, headers=etag).json()["version"] == 2
    assert market.admin.patch(path, {"name": new_name()}, headers=etag).status_code == 412
    assert market.admin.delete(path, headers=etag).status_code == 412
    assert market.admin.delete(path, headers={"If-Match": '"2"'}).status_code == 204
    assert in_tree(market, category) is None


def test_only_an_empty_category_is_deleted(market):
    top = add(market)
    leaf = add(market, parentId=top["id"])
    product = market.product(units=0, categoryId=leaf["id"])
    assert market.admin.delete(f"/api/products/{product['id']}").status_code == 204  # no longer for sale
    for category, what in ((top, "subcategories"), (leaf, "products")):
        answer = market.admin.delete(f"/api/categories/{category['id']}")
        assert (answer.status_code, answer.json()["code"]) == (409, "category_not_empty")
        assert what in answer.json()["detail"]
    assert market.admin.patch(f"/api/products/{product['id']}", {"categoryId": market.category}).status_code == 200
    for category in (leaf, top):
        assert market.admin.delete(f"/api/categories/{category['id']}").status_code == 204
        assert market.admin.delete(f"/api/categories/{category['id']}").status_code == 404
    assert in_tree(market, top) is None
