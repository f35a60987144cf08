"""Lists: pages, sort orders, filters and search."""

import random
import threading

import pytest
from contract import NOBODY, Market, items, lines, pages, statements_of


@pytest.fixture(scope="module")
def market(start_shop):
    """A shop of its own: prices of one currency only, whatever other tests sell."""
    return Market(start_shop("--set", "telemetry.server_timing=true"))


@pytest.fixture(scope="module")
def shelf(market):
    """A new category with 57 products, many of them with the same price."""
    category = market.new_category()
    rng = random.Random(7)
    return category, [market.product(units=0, categoryId=category, name=f"Teapot {number}",
                                     price={"amount": rng.choice([500, 700, 900]), "currency": "EUR"})
                      for number in range(57)]


def price(product):
    return product["price"]["amount"]


@pytest.mark.parametrize("limit", [1, 10, 57, 100])
@pytest.mark.parametrize("sort, key", [
    ("newest", lambda product: product["id"]), ("price", lambda product: (price(product), product["id"])),
    ("-price", lambda product: (price(product), product["id"]))])
def test_a_walk_meets_every_product_once_in_order(market, shelf, sort, key, limit):
    category, products = shelf
    walked = items(market.anonymous, f"/api/products?category={category}&sort={sort}&limit={limit}")
    assert walked == sorted(products, key=key, reverse=sort != "price")


@pytest.mark.parametrize("sort", ["newest", "price", "-price", "relevance"])
def test_a_search_walks_every_match_once(market, shelf, sort):
    category, products = shelf
    walked = items(market.anonymous, f"/api/products?q=teapots&category={category}&sort={sort}&limit=10")
    assert sorted(product["id"] for product in walked) == sorted(product["id"] for product in products)
    prices = [price(product) for product in walked]
    if sort.endswith("price"):
        assert prices == sorted(prices, reverse=sort == "-price")


@pytest.mark.parametrize("sort", ["newest", "price", "-price"])
def test_the_whole_shop_is_walked_without_a_category(market, sort):
    walked = [product["id"] for product in items(market.anonymous, f"/api/products?sort={sort}&limit=100")]
    active = market.shop.query("SELECT id::text FROM products WHERE is_active")
    assert sorted(walked) == sorted(row[0] for row in active)


@pytest.mark.parametrize("sort", ["newest", "price", "-price"])
def test_products_that_come_meanwhile_disturb_no_walk(market, shelf, sort):
    category = market.new_category()
    there = {market.product(units=0, categoryId=category)["id"] for _ in range(30)}
    done = threading.Event()

    def add():
        while not done.is_set():
            market.product(units=0, categoryId=category, price={"amount": random.randint(0, 4000), "currency": "EUR"})

    adding = threading.Thread(target=add)
    adding.start()
    try:
        walked = [product["id"] for product in
                  items(market.anonymous, f"/api/products?category={category}&sort={sort}&limit=2")]
    finally:
        done.set()
        adding.join()
    assert len(walked) == len(set(walked))
    assert there <= set(walked)


def test_a_category_holds_what_is_below_it(market):
    parent = market.new_category()
    child = market.new_category(parent)
    grandchild = market.new_category(child)
    made = [market.product(units=0, categoryId=category)["id"] for category in (parent, child, grandchild)]
    for category, expected in ((parent, made), (child, made[1:]), (grandchild, made[2:])):
        found = items(market.anonymous, f"/api/products?category={category}")
        assert [product["id"] for product in found] == expected[::-1]
    assert items(market.anonymous, f"/api/products?category={NOBODY}") == []


def test_prices_bound_the_list_inclusively(market):
    category = market.new_category()
    for amount in (0, 100, 200, 300):
        market.product(units=0, categoryId=category, price={"amount": amount, "currency": "EUR"})
    for bounds, expected in (("minPrice=100", [100, 200, 300]), ("maxPrice=100", [0, 100]),
                             ("minPrice=100&maxPrice=200", [100, 200]), ("minPrice=101&maxPrice=199", [])):
        found = items(market.anonymous, f"/api/products?category={category}&sort=price&{bounds}")
        assert [price(product) for product in found] == expected


def test_search_finds_words_in_name_and_description(market):
    category = market.new_category()
    named = market.product(units=0, categoryId=category, name="Zanzibar lamp")
    described = market.product(units=0, categoryId=category, description="Made of zanzibars, glowing")
    market.product(units=0, categoryId=category, name="Something else")

    def found(query):
        answer = market.anonymous.get("/api/products", params={"q": query, "category": category})
        return [product["id"] for product in answer.json()["items"]]

    assert found("zanzibar") == [named["id"], described["id"]]  # a match in the name ranks higher
    assert found("ZANZIBAR lamps") == [named["id"]]
    assert found("zanzibar -lamp") == [described["id"]]
    assert found('"glowing zanzibar"') == []
    assert found("unheardof") == []
    assert found("lamp or something") != []
    for harmless in ("'", '"', "; DROP TABLE products", "a & | ! ( )", "%", "\\", "é" * 100, ":*"):
        found(harmless)


def test_what_is_not_for_sale_is_not_listed_but_found(market):
    category = market.new_category()
    product = market.product(units=0, categoryId=category)
    assert market.admin.delete(f"/api/products/{product['id']}").status_code == 204
    assert items(market.anonymous, f"/api/products?category={category}") == []
    found = market.anonymous.get(f"/api/products/{product['id']}")
    assert found.json() == product | {"isActive": False, "version": product["version"] + 1}


def test_stock_comes_along_where_it_is_asked_for(market):
    category = market.new_category()
    plenty = market.product(units=20, categoryId=category)
    none = market.product(units=0, categoryId=category)
    listed = market.anonymous.get(f"/api/products?category={category}&include=stock")
    assert listed.json()["items"] == [none | {"stock": {"available": 0, "onHand": 0, "reserved": 0}},
                                      plenty | {"stock": {"available": 20, "onHand": 20, "reserved": 0}}]
    assert statements_of(listed) == 2, "one of them never had a stock that was shown"
    assert statements_of(market.anonymous.get(f"/api/products?category={category}&include=stock")) == 0
    assert statements_of(market.anonymous.get(f"/api/products?category={category}")) == 0
    assert statements_of(market.anonymous.get(f"/api/products?category={category}")) == 0
    one = market.anonymous.get(f"/api/products/{plenty['id']}?include=stock")
    assert one.json()["stock"]["available"] == 20


def test_pages_have_twenty_items_unless_asked_otherwise(market, shelf):
    sizes = [len(page["items"]) for page in pages(market.anonymous, f"/api/products?category={shelf[0]}")]
    assert sizes == [20, 20, 17]
    assert len(market.anonymous.get(f"/api/products?category={shelf[0]}&limit=57").json()["items"]) == 57


@pytest.mark.parametrize("parameters, status, name", [
    ("limit=0", 400, "limit"), ("limit=101", 400, "limit"), ("limit=x", 400, "limit"), ("limit=1&limit=2", 400, "limit"),
    ("cursor=x", 400, "cursor"), ("cursor=", 400, "cursor"), ("cursor=%00", 400, "cursor"),
    ("category=X", 400, "category"), ("sort=name", 400, "sort"), ("sort=relevance", 400, "sort"),
    ("minPrice=x", 400, "minPrice"), ("minPrice=-1", 422, "minPrice"), ("minPrice=2&maxPrice=1", 422, "maxPrice"),
    ("include=everything", 400, "include"), ("offset=10", 422, "offset"), ("q=" + "x" * 201, 422, "q"),
    ("q=%ff", 400, "q"), ("minPrice=99999999999999999999", 400, "minPrice")])
def test_parameters_that_make_no_sense_are_named(market, parameters, status, name):
    answer = market.anonymous.get(f"/api/products?{parameters}")
    assert answer.status_code == status, answer.text
    assert answer.json()["errors"][0]["pointer"] == name
    assert statements_of(answer) == 0


def test_a_cursor_belongs_to_its_list_and_order(market, shelf):
    customer = market.customer()
    cursor = market.anonymous.get(f"/api/products?category={shelf[0]}&sort=price").json()["nextCursor"]
    for path in (f"/api/products?category={shelf[0]}&cursor={cursor}", f"/api/products?sort=-price&cursor={cursor}",
                 f"/api/products?q=teapot&cursor={cursor}"):
        assert market.anonymous.get(path).status_code == 400
    answer = customer.get(f"/api/orders?cursor={cursor}")
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_request"


def test_own_orders_come_newest_first_with_everything_in_one_statement(market):
    customer, other = market.customer(), market.customer()
    products = [market.product(units=100) for _ in range(3)]
    placed = [market.order(customer, *products[: number % 3 + 1]).json() for number in range(7)]
    market.order(other, products[0])
    assert customer.post(f"/api/orders/{placed[3]['id']}/cancel").status_code == 200
    placed[3]["status"] = "cancelled"
    for limit in (1, 3, 7, 100):
        assert items(customer, f"/api/orders?limit={limit}") == placed[::-1]
    listed = customer.get("/api/orders")
    assert statements_of(listed) == 2  # one of them authenticates the caller
    assert listed.json()["items"][0]["items"][0]["productName"] == products[0]["name"]
    assert customer.get("/api/orders?limit=0").status_code == 400
    assert items(market.customer(), "/api/orders") == []


def test_lines_keep_their_order(market):
    customer = market.customer()
    products = [market.product(units=10) for _ in range(5)]
    random.Random(3).shuffle(products)
    order = customer.post("/api/orders", {"items": lines(*products)}).json()
    assert [item["productId"] for item in order["items"]] == [product["id"] for product in products]
    assert customer.get(f"/api/orders/{order['id']}").json() == order


def test_categories_are_a_tree(market):
    parent = market.new_category()
    child = market.new_category(parent)
    tree = market.anonymous.get("/api/categories")
    assert statements_of(tree) == 1
    found = next(node for node in tree.json()["items"] if node["id"] == parent)
    assert [node["id"] for node in found["children"]] == [child]

    def count(nodes):
        return sum(1 + count(node["children"]) for node in nodes)

    assert count(tree.json()["items"]) == market.shop.query("SELECT count(*) FROM categories")[0][0]
