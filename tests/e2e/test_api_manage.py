"""The products as administrators list them: those that are not for sale too, with their stock."""

import pytest


@pytest.fixture(scope="module")
def shelf(market):
    """Seven products of one category and one below it: the odd ones are not for sale."""
    above = market.new_category()
    below = market.new_category(above)
    products = [market.product(units=number, name=f"Wyvern {number}", categoryId=[above, below][number % 2])
                for number in range(1, 8)]
    for product in products[::2]:
        assert market.admin.delete(f"/api/products/{product['id']}").status_code == 204
    return above, below, products


def walk(market, **parameters):
    found, cursor = [], None
    while True:
        query = "&".join(f"{name}={value}" for name, value in parameters.items())
        answer = market.admin.get(f"/api/admin/products?{query}" + (f"&cursor={cursor}" if cursor else ""))
        assert answer.status_code == 200, answer.text
        assert answer.headers["Cache-Control"] == "no-store"
        found += answer.json()["items"]
        cursor = answer.json()["nextCursor"]
        if cursor is None:
            return found


def numbers(found):
    return [int(one["name"].split()[1]) for one in found]


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_a_category_is_walked_newest_first_whatever_is_for_sale(market, shelf, limit):
    above, below, _ = shelf
    assert numbers(walk(market, category=above, limit=limit)) == [7, 6, 5, 4, 3, 2, 1]
    assert numbers(walk(market, category=above, isActive="false", limit=limit)) == [7, 5, 3, 1]
    assert numbers(walk(market, category=above, isActive="true", limit=limit)) == [6, 4, 2]
    assert numbers(walk(market, category=below, limit=limit)) == [7, 5, 3, 1]
    assert numbers(walk(market, category=below, isActive="true", limit=limit)) == []
    assert numbers(walk(market, q="wyvern", limit=limit)) == [7, 6, 5, 4, 3, 2, 1]
    assert numbers(walk(market, q="wyvern", isActive="false", category=below, limit=limit)) == [7, 5, 3, 1]


def test_the_whole_shop_has_them_all_with_their_stock(market, shelf):
    *_, products = shelf
    found = {one["id"]: one for one in walk(market, limit=100)}
    assert {product["id"] for product in products} <= found.keys()
    for product in products:
        assert found[product["id"]]["stock"] == market.stock(product)
    assert len(found) == market.shop.query("SELECT count(*) FROM products")[0][0]


def test_a_change_is_seen_at_once(market, shelf):
    above, _, products = shelf
    market.shop.query("UPDATE product_stocks SET quantity = 70 WHERE product_id = %s", (products[6]["id"],))
    assert walk(market, category=above, limit=1)[0]["stock"]["onHand"] == 70


@pytest.mark.parametrize("query, status", [("isActive=maybe", 400), ("limit=0", 400), ("cursor=x", 400),
                                           ("q=" + "x" * 201, 422)])
def test_parameters_that_make_no_sense_are_refused(market, query, status):
    assert market.admin.get("/api/admin/products?" + query).status_code == status
