"""Souk keeps working while a transaction holds a lock for long, or a job always fails."""

import psycopg2
from contract import Market
from souk_process import wait_until


def test_a_forgotten_lock_on_one_stock_holds_up_no_other_reservation(start_shop):
    shop = start_shop("--set", "telemetry.server_timing=true", "--set", "checkout.expiry_interval=1s")
    market = Market(shop)
    customer = market.customer()
    products = [market.product(units=5) for _ in range(2)]
    for product in products:
        held = customer.post("/api/reservations",
                             {"items": [{"productId": product["id"], "quantity": 2}], "seconds": 1})
        assert held.status_code == 201, held.text
    status = ("SELECT i.product_id::text, r.status FROM reservations r JOIN reservation_items i "
              "ON i.reservation_id = r.id")
    forgotten = psycopg2.connect(shop.database_url)
    try:
        forgotten.cursor().execute("SELECT FROM product_stocks WHERE product_id = %s FOR UPDATE", (products[0]["id"],))
        wait_until(lambda: dict(shop.query(status))[products[1]["id"]] == "expired", lambda: str(shop.query(status)))
        assert dict(shop.query(status))[products[0]["id"]] == "held"
    finally:
        forgotten.close()
    wait_until(lambda: set(dict(shop.query(status)).values()) == {"expired"}, lambda: str(shop.query(status)))
    assert shop.query("SELECT reserved FROM product_stocks WHERE product_id = ANY(%s::uuid[])",
                      ([product["id"] for product in products],)) == [(0,), (0,)]


def test_statistics_that_cannot_be_read_are_given_up_and_hold_up_nobody(start_shop):
    shop = start_shop("--set", "telemetry.server_timing=true", "--set", "statistics.max_delay=100ms",
                      "--set", "jobs.poll_interval=20ms")
    market = Market(shop)
    for payload in ("[]", "17", '"x"', '[{"id":1}]', '{"id":"none"}'):
        shop.query("INSERT INTO outbox (id, kind, aggregate_id, payload) VALUES (gen_random_uuid(), "
                   "'statistics.record', gen_random_uuid(), %s)", (payload,))
    assert market.order(market.customer(), market.product(units=5), quantity=2).status_code == 201
    wait_until(lambda: shop.query("SELECT count(*) FROM outbox") == [(0,)], shop.souk.said)
    assert shop.query("SELECT count(*) FROM dead_letters") == [(4,)]
    assert shop.query("SELECT sum(placed) FROM order_statistics") == [(1,)]
