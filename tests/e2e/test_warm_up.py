"""The cache of a shop that starts: filled with what was sold most lately before /readyz says ready."""

import json
import os
import re

import psycopg2
import pytest
from redis_server import RedisServer
from souk_process import Souk, wait_until

SOLD = 40
WARMED = 30
# So that a busy machine neither confirms entries by loads nor runs out of time.
PATIENT = ["--set", "cache.max_unconfirmed=10s", "--set", "cache.warm_up_time=1m"]


class Place:
    """A database of a shop that has sold SOLD products, with a Redis of its own."""

    def __init__(self, database, folder, new_folder):
        self.database, self.redis, self.new_folder = database, RedisServer(folder), new_folder
        self.products = [row[0] for row in self.query("SELECT id FROM products WHERE is_active ORDER BY id")]

    def query(self, sql, parameters=()):
        with psycopg2.connect(self.database) as connection, connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall() if cursor.description else []

    def sell(self):
        self.query("INSERT INTO product_statistics (day, product_id, currency, units) SELECT current_date, id, 'EUR', "
                   "1000 - place FROM unnest(%s::uuid[]) WITH ORDINALITY AS sold (id, place)", (self.products[:SOLD],))

    def shop(self, *arguments, redis=None, ready=200):
        environment = os.environ | {"DATABASE_URL": self.database, "REDIS_URL": redis or self.redis.url}
        return Souk("serve", "--set", f"cache.warm_up={WARMED}", *PATIENT, *arguments, folder=self.new_folder(),
                    environment=environment, ready=ready)


@pytest.fixture
def place(demo, new_database, new_folder):
    made = Place(new_database(template=demo[0]), new_folder(), new_folder)
    yield made
    made.redis.kill()


def metric(souk, series):
    found = re.search(rf"^{re.escape(series)} (\S+)$", souk.client().get("/metrics").text, re.MULTILINE)
    return float(found.group(1)) if found else 0


def statements(souk, *names):
    return sum(metric(souk, f'souk_db_statements_total{{statement="{name}"}}') for name in names)


def told(souk):
    """The line of the log."""
    lines = [json.loads(line) for line in souk.log.read_text().splitlines() if "cache_warmed_up" in line]
    assert len(lines) == 1, souk.said()
    return lines[0]


def test_what_was_sold_most_is_answered_without_a_statement(place):
    place.sell()
    with place.shop() as souk:
        assert metric(souk, "souk_warm_up_products") == WARMED
        reads = ("catalog.find", "catalog.newest", "catalog.categories")
        before = statements(souk, *reads)
        for product in place.products[:WARMED]:
            assert souk.client().get(f"/api/products/{product}").status_code == 200
        for path in ("/api/products", "/api/categories"):
            assert souk.client().get(path).status_code == 200
        assert statements(souk, *reads) == before
        assert souk.client().get(f"/api/products/{place.products[WARMED]}").status_code == 200
        assert statements(souk, *reads) == before + 1, "beyond the limit"
        line = told(souk)
        assert (line["level"], line["products"], line["wanted"]) == ("info", WARMED, WARMED)


def test_a_restarted_shop_takes_from_redis_what_is_there(place):
    place.sell()
    with place.shop():
        pass
    with place.shop() as souk:
        assert metric(souk, "souk_warm_up_products") == WARMED
        assert statements(souk, "catalog.find") == 0


def test_without_redis_the_database_is_asked(place):
    place.sell()
    place.redis.kill()
    with place.shop() as souk:
        assert metric(souk, "souk_warm_up_products") == WARMED
        assert statements(souk, "catalog.find") == WARMED


def test_a_shop_that_has_sold_nothing_is_ready_too(place):
    with place.shop() as souk:
        assert metric(souk, "souk_warm_up_products") == 0
        assert told(souk)["level"] == "info"


def test_it_can_be_switched_off(place):
    place.sell()
    with place.shop("--set", "cache.warm_up=0") as souk:
        assert statements(souk, "statistics.best_sellers", "catalog.find", "catalog.newest") == 0
        assert "cache_warmed_up" not in souk.log.read_text()


def test_a_database_that_does_not_answer_delays_readiness_by_no_more_than_the_limit(place):
    place.sell()
    with psycopg2.connect(place.database) as blocker, blocker.cursor() as cursor:
        cursor.execute("LOCK TABLE products IN ACCESS EXCLUSIVE MODE")
        with place.shop("--set", "cache.warm_up_time=300ms") as souk:
            assert metric(souk, "souk_warm_up_products") == 0
            assert metric(souk, "souk_warm_up_seconds") >= 0.3
            line = told(souk)
            assert (line["level"], line["products"]) == ("warning", 0)
            blocker.rollback()
            # What was given up does not keep others from loading.
            for product in place.products[:WARMED]:
                assert souk.client().get(f"/api/products/{product}").status_code == 200


def test_readiness_says_that_it_warms_up(place):
    place.sell()
    with psycopg2.connect(place.database) as blocker, blocker.cursor() as cursor:
        cursor.execute("LOCK TABLE product_statistics IN ACCESS EXCLUSIVE MODE")
        with place.shop("--set", "cache.warm_up_time=1m", ready=503) as souk:
            wait_until(lambda: souk.client().reasons().json()["status"] == "warming_up", souk.said)
            assert souk.client().reasons().status_code == 503
            assert souk.client().get("/api/products").status_code == 200, "clients are answered"
            blocker.rollback()
            wait_until(lambda: souk.client().reasons().status_code == 200, souk.said)
            assert metric(souk, "souk_warm_up_products") == WARMED
