"""A shop that nobody asks for anything: it reads the change log seldom, and shows nothing old afterwards."""

import re
import time

import pytest
from souk_process import wait_until

LOOKS_A_SECOND_MAX = 5
BEHIND_MAX = 0.1  # seconds: what was committed earlier is shown
LOOKS = 'souk_db_statements_total{statement="cache.look"}'


def metric(shop, series):
    found = re.search(rf"^{re.escape(series)} (\S+)$", shop.anonymous().get("/metrics").text, re.MULTILINE)
    return float(found.group(1)) if found else 0


@pytest.fixture(scope="module")
def quiet_shop(start_shop):
    """No other test sends requests to it. A busy machine may take long for a look."""
    return start_shop("--set", "cache.soft_timeout=30s")


def await_rest(shop):
    wait_until(lambda: metric(shop, "souk_cache_confirmed_age_seconds") > 2 * BEHIND_MAX, shop.souk.said)


def test_an_idle_shop_reads_the_change_log_seldom(quiet_shop):
    await_rest(quiet_shop)
    before, begun = metric(quiet_shop, LOOKS), time.monotonic()
    wait_until(lambda: metric(quiet_shop, LOOKS) >= before + 10, quiet_shop.souk.said)
    looks, seconds = metric(quiet_shop, LOOKS) - before, time.monotonic() - begun
    assert looks / seconds <= LOOKS_A_SECOND_MAX, f"{looks} looks in {seconds} s"


def test_what_has_changed_during_a_pause_is_shown_to_the_first_who_asks(quiet_shop):
    product = quiet_shop.query("SELECT id FROM products WHERE is_active ORDER BY id LIMIT 1")[0][0]
    path = f"/api/products/{product}/stock"
    for quantity in (7, 8, 9):
        assert quiet_shop.anonymous().get(path).status_code == 200
        await_rest(quiet_shop)
        # Unlike a change of the catalogue, it is not announced by NOTIFY.
        quiet_shop.query("UPDATE product_stocks SET quantity = %s WHERE product_id = %s", (quantity, product))
        committed = time.monotonic()
        wait_until(lambda: time.monotonic() - committed > BEHIND_MAX, "time goes on")  # noqa: B023
        answer = quiet_shop.anonymous().get(path)
        assert answer.json()["onHand"] == quantity
        assert "Cache-Status" not in answer.headers, "it is not marked as stale"
