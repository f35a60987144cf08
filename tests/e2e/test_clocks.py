"""A node with a wrong clock does no harm: stored, compared and deleted times are the database's.

tests/support/wrong_clock.cc changes the binary's wall clock; its monotonic clock and the database's clock stay right.
"""

import re

import pytest
from souk_process import BINARY, IS_SANITIZED, Souk, wait_until

pytestmark = pytest.mark.skipif(IS_SANITIZED, reason="a sanitizer replaces the same functions")
DAY = 86_400
FAST = ("--set", "jobs.housekeeping_interval=1s", "--set", "cache.probe_interval=100ms",
        "--set", "statistics.max_delay=100ms")


def skewed(seconds):
    return {"LD_PRELOAD": str(BINARY.parent / "wrong_clock.so"), "WRONG_CLOCK_SECONDS": str(seconds)}


def metric(souk, name):
    """The sum of all series with that name."""
    page = souk.client().get("/metrics").text
    return sum(float(value) for value in re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", page, re.MULTILINE))


def until_it_follows(souk):
    """Waits until the node has read the database's clock; before that it uses its own."""
    wait_until(lambda: metric(souk, "souk_cache_confirmed_age_seconds") < 1, souk.said)


def make_product(shop, souk, name):
    category = shop.query("SELECT id FROM categories LIMIT 1")[0][0]
    made = souk.client(shop.admin_token).post("/api/products", {
        "name": name, "categoryId": category, "price": {"amount": 100, "currency": "EUR"}})
    assert made.status_code == 201, made.text
    return made.json()["id"]


def place_order(shop, customer):
    product = shop.query("SELECT product_id FROM product_stocks WHERE quantity > 100 LIMIT 1")[0][0]
    made = customer.post("/api/orders", {"items": [{"productId": product, "quantity": 1}]},
                         headers={"Idempotency-Key": f"clock-{product}"})
    assert made.status_code == 201, made.text
    return made.json()["id"]


@pytest.mark.parametrize("by", [30 * DAY, -30 * DAY])
def test_what_a_node_whose_clock_is_a_month_off_writes_has_the_databases_time(start_shop, by):
    shop = start_shop(*FAST, environment=skewed(by))
    until_it_follows(shop.souk)
    customer = shop.register()
    order = place_order(shop, customer)
    off = "SELECT max(abs(extract(epoch FROM now() - at)))::int < 3600 FROM "
    for times in (f"(SELECT order_date AS at FROM orders WHERE id = '{order}') t",
                  f"(SELECT created_at AS at FROM users WHERE id = '{customer.user['id']}') t",
                  f"(SELECT created_at AS at FROM sessions WHERE user_id = '{customer.user['id']}') t"):
        assert shop.query(off + times) == [(True,)], times
    assert customer.get("/api/users/me").status_code == 200


@pytest.mark.parametrize("by", [30 * DAY, -30 * DAY])
def test_delays_that_a_node_whose_clock_is_a_month_off_measures_are_right(start_shop, by):
    shop = start_shop(*FAST, environment=skewed(by))
    until_it_follows(shop.souk)
    place_order(shop, shop.register())
    wait_until(lambda: shop.query("SELECT count(*) FROM outbox") == [(0,)], shop.souk.said)
    for name in ("souk_cache_invalidation_delay_seconds", "souk_jobs_delay_seconds"):
        count = wait_until(lambda name=name: metric(shop.souk, name + "_count"), name)
        assert 0 <= metric(shop.souk, name + "_sum") < 3600 * count, name
    assert metric(shop.souk, "souk_jobs_oldest_age_seconds") < 3600


def test_a_node_ahead_by_a_month_deletes_no_session_and_no_key(start_shop):
    shop = start_shop(*FAST, environment=skewed(90 * DAY))
    until_it_follows(shop.souk)
    customer = shop.register()
    place_order(shop, customer)
    shop.query("UPDATE sessions SET created_at = now(), expires_at = now() + interval '1 day'")
    kept = "SELECT (SELECT count(*) FROM sessions), (SELECT count(*) FROM idempotency_keys)"
    before = shop.query(kept)
    run = "SELECT run FROM periodic_jobs WHERE name = 'housekeeping' AND leased_until IS NULL"
    begun = wait_until(lambda: shop.query(run), "a run")[0][0]
    wait_until(lambda: (shop.query(run) or [(0,)])[0][0] > begun + 1, "two more runs")
    assert shop.query(kept) == before
    assert customer.get("/api/users/me").status_code == 200
    # Either clock may be the wrong one: nothing is deleted for a while.
    assert metric(shop.souk, "souk_database_clock_leaps_total") == 1
    assert metric(shop.souk, "souk_housekeeping_paused_total") > 0


def test_what_a_node_behind_by_a_day_makes_is_the_newest_all_the_same(start_shop, servers, new_folder):
    shop = start_shop()
    make_product(shop, shop.souk, "Before")
    with Souk("serve", folder=new_folder(),
              environment={"DATABASE_URL": shop.database_url, "REDIS_URL": servers[1]} | skewed(-DAY)) as behind:
        until_it_follows(behind)
        newest = make_product(shop, behind, "After")
        listed = behind.client().get("/api/products").json()["items"]
        assert listed[0]["id"] == newest
