"""Search as a shop has it: its migration, its language, its refusals, and its database's locale."""

import os
import pathlib
import re
import shutil

import psycopg2
import pytest
from contract import Market, items, pages
from postgres_server import PostgresServer
from souk_process import run_souk

MIGRATIONS = pathlib.Path(__file__).resolve().parents[2] / "migrations"
SEARCH = "0046_search.sql"


@pytest.fixture(scope="module")
def server():
    made = PostgresServer("fsync=off")
    try:
        made.query("CREATE ROLE shopkeeper LOGIN")
        yield made
    finally:
        made.remove()


def migrate(database, *arguments, status=0):
    done = run_souk("migrate", *arguments, environment=os.environ | {"DATABASE_URL": database})
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def query(database, sql, parameters=()):
    connection = psycopg2.connect(database)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows = cursor.fetchall() if cursor.description else []
    connection.close()
    return rows


def found(database, *words):
    return [name for name, in query(database, "SELECT name FROM products, search_query(%s, %s, false) "
                                    "WHERE search @@ matching ORDER BY name", (list(words), [0] * len(words)))]


@pytest.fixture
def market(start_shop):
    return Market(start_shop("--set", "telemetry.server_timing=true"))


def test_filters_are_combined_and_what_changes_is_found_at_once(market):
    category = market.new_category()
    lamp, chair = (market.product(units=units, categoryId=category, name=name, sku=sku)
                   for name, sku, units in (("Wyvern lamp", "WY-1", 2), ("Wyvern chair", "WY-2", 0)))

    def listed(**parameters):
        answer = market.anonymous.get("/api/products", params=parameters)
        assert answer.status_code == 200, answer.text
        return [product["name"] for product in answer.json()["items"]]

    assert listed(q="wyvern", inStock="true") == ["Wyvern lamp"]
    assert listed(category=category, inStock="true") == ["Wyvern lamp"]
    assert listed(ids=f"{lamp['id']},{chair['id']}") == ["Wyvern chair", "Wyvern lamp"]
    assert listed(ids=lamp["id"], inStock="true", include="stock") == ["Wyvern lamp"]
    assert listed(q="wy2") == ["Wyvern chair"]
    assert listed(q="wivern lamb") == ["Wyvern lamp"]
    customer = market.customer()
    assert market.order(customer, lamp, quantity=2).status_code == 201
    assert listed(q="wyvern", inStock="true") == []
    assert listed(q="wyvern", inStock="true", include="stock") == []
    assert market.admin.put(f"/api/products/{chair['id']}/stock", {"onHand": 1}).status_code == 200
    assert listed(q="wyvern", inStock="true") == ["Wyvern chair"]
    assert market.admin.patch(f"/api/products/{chair['id']}", {"name": "Basilisk"}).status_code == 200
    assert listed(q="basilisk") == ["Basilisk"]
    assert listed(q="\"wyvern chair\"") == []


@pytest.mark.parametrize("parameters, status, named", [
    ("ids=1", 400, "ids"), ("ids=", 400, "ids"), ("inStock=maybe", 400, "inStock"), ("sku=A&inStock=true", 422, "sku"),
    ("ids=" + ",".join(["01234567-0123-7123-8123-0123456789ab"] * 101), 422, "ids")])
def test_wrong_filters_are_named(market, parameters, status, named):
    answer = market.anonymous.get(f"/api/products?{parameters}")
    assert answer.status_code == status, answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == [named]


def test_a_page_that_stopped_at_a_limit_says_so_and_the_walk_goes_on(market):
    category = market.new_category()
    market.shop.query(
        "INSERT INTO products (id, name, description, category_id, price, currency) SELECT "
        "(lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000000')::uuid, 'Manticore', "
        "CASE WHEN n <= 50 THEN 'old gold' ELSE 'gold old' END, %s, n, 'EUR' FROM generate_series(1, 12000) n", (category,))
    phrase = '/api/products?q="old gold"&limit=100'
    first = market.anonymous.get(phrase).json()
    assert first["bounded"] is True  # by relevance
    walk = list(pages(market.anonymous, phrase + "&sort=newest"))
    assert sum(len(page["items"]) for page in walk) == 50
    assert [page.get("bounded") for page in walk][0] is True and "bounded" not in walk[-1]
    assert len(items(market.anonymous, "/api/products?q=manticore&sort=price&limit=100&maxPrice=500")) == 500


def test_a_search_that_takes_too_long_is_refused_with_its_code(start_shop):
    shop = start_shop("--set", "search.timeout=10ms")
    shop.query("ALTER FUNCTION search_query RENAME TO quick; CREATE FUNCTION search_query(terms text[], kinds integer[], "
               "widened boolean, OUT matching tsquery, OUT wide tsquery, OUT named tsquery, OUT exact tsquery) "
               "LANGUAGE sql AS 'SELECT q.* FROM pg_sleep(10), quick(terms, kinds, widened) q'")
    answer = shop.anonymous().get("/api/products?q=lamp")
    assert (answer.status_code, answer.json()["code"]) == (503, "search_too_long")
    assert int(answer.headers["Retry-After"]) > 0
    assert shop.anonymous().get("/api/products").status_code == 200


def test_a_role_that_may_not_create_extensions_is_told_the_grant(server):
    server.query("CREATE DATABASE given TEMPLATE template0 ENCODING 'UTF8'")
    database = f"postgresql://shopkeeper@/given?host={server.folder}"
    owner = f"postgresql://souk@/given?host={server.folder}"
    query(owner, "GRANT USAGE, CREATE ON SCHEMA public TO shopkeeper")
    said = migrate(database, status=1)
    assert SEARCH in said and "may not create the extension unaccent" in said
    query(owner, re.search(r"(GRANT CREATE ON DATABASE given TO shopkeeper);", said).group(1))
    migrate(database)
    assert "up to date" in migrate(database)


def test_extensions_of_another_schema_are_used_where_they_are(server):
    server.query("CREATE DATABASE elsewhere TEMPLATE template0 ENCODING 'UTF8'")
    database = f"postgresql://souk@/elsewhere?host={server.folder}"
    query(database, "CREATE SCHEMA tools; CREATE EXTENSION unaccent SCHEMA tools; CREATE EXTENSION pg_trgm SCHEMA tools")
    migrate(database)
    query(database, "INSERT INTO categories (id, name, slug) VALUES (gen_random_uuid(), 'A', 'a')")
    query(database, "INSERT INTO products (id, name, category_id, price, currency) "
                    "SELECT gen_random_uuid(), 'Crème', id, 1, 'EUR' FROM categories")
    assert found(database, "creme") == ["Crème"]
    assert query(database, "SELECT search_like('kreme')::text") == [("'~creme'",)]


@pytest.mark.parametrize("locale", ["LOCALE 'C'", "LOCALE 'C.UTF-8'", "LOCALE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR'"])
def test_the_products_that_are_there_are_indexed_in_any_locale_and_language(server, new_folder, locale):
    name = f"locale_{abs(hash(locale))}"
    server.query(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' {locale}")
    database = f"postgresql://souk@/{name}?host={server.folder}"
    earlier = new_folder()
    for file in sorted(MIGRATIONS.iterdir()):
        if file.name < SEARCH:
            shutil.copy(file, earlier)
    migrate(database, "--dir", earlier)
    query(database, "INSERT INTO categories (id, name, slug) VALUES (gen_random_uuid(), 'A', 'a')")
    for product in ("KIŞLIK İÇECEK", "Äpfel — ΣΟΦΙΑ", "東京都、BAR", "हिन्दी किताब", "Haus am See"):
        query(database, "INSERT INTO products (id, name, category_id, price, currency) "
                        "SELECT gen_random_uuid(), %s, id, 1, 'EUR' FROM categories", (product,))
    query(database, "INSERT INTO products (id, name, category_id, price, currency) "
                    "SELECT gen_random_uuid(), 'Lamp ' || n, id, 1, 'EUR' FROM categories, generate_series(1, 2500) n")
    before = query(database, "SELECT id, version, updated_at FROM products ORDER BY id")
    migrate(database)
    assert found(database, "kislik", "icecek") == ["KIŞLIK İÇECEK"]
    assert found(database, "apfel", "σοφια") == ["Äpfel — ΣΟΦΙΑ"]
    assert found(database, "京都", "bar") == ["東京都、BAR"]
    assert found(database, "किताब") == ["हिन्दी किताब"]
    assert query(database, "SELECT count(*) FROM products WHERE search IS NULL") == [(0,)]
    assert len(found(database, "lamp")) == 2500
    assert found(database, "häuser") == []
    migrate(database, "--set", "search.language=german")
    assert found(database, "häuser") == ["Haus am See"]
    assert "knows: " in migrate(database, "--set", "search.language=klingon", status=1)
    assert query(database, "SELECT id, version, updated_at FROM products ORDER BY id") == before
