"""What an overload sheds; what holds clients to their share: PROXY protocol, rate limits, deadlines."""

import itertools
import re
import socket
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest
from conftest import PASSWORD
from contract import Market
from haproxy import PROXY_ADDRESS, haproxy
from souk_process import Client, wait_until


def metric(shop, series):
    page = shop.anonymous().get("/metrics").text
    found = re.search(f"^{re.escape(series)} (.*)$", page, re.MULTILINE)
    return float(found.group(1)) if found else 0


def sign_in(client, email=None, **more):
    """By default as somebody whom no other test has tried: shops on one Redis share what they count."""
    email = email or f"{uuid.uuid4()}@example.com"
    return client.post("/api/sessions", {"email": email, "password": PASSWORD}, **more)


def tokens_left(answer):
    return int(re.fullmatch(r'"sign_in-of-network";r=(\d+);t=\d+', answer.headers["RateLimit"]).group(1))


@pytest.fixture(scope="module")
def announced(start_shop):
    """A shop behind proxies that announce their clients."""
    return start_shop("--set", f"http.trusted_proxies={PROXY_ADDRESS}", "--set", "http.proxy_protocol=true",
                      "--set", "rate_limits.sign_ins_per_network=6")  # a token comes back after 10 s


def test_a_proxy_that_forwards_bytes_says_whose_they_are(announced, new_folder):
    with haproxy(new_folder(), announced.souk, ["203.0.113.7", "203.0.113.8", "2001:db8::7"]) as urls:
        one, other, sixth = map(Client, urls)
        before = tokens_left(sign_in(one))
        assert tokens_left(sign_in(one)) == before - 1
        assert tokens_left(sign_in(other)) == before
        assert tokens_left(sign_in(sixth)) == before
        # Health checks announce nobody.
        wait_until(lambda: metric(announced, 'souk_http_proxy_preambles_total{outcome="read"}') > 10, "health checks")
    assert metric(announced, 'souk_http_proxy_preambles_total{outcome="malformed"}') == 0
    assert "RateLimit" not in sign_in(announced.anonymous()).headers  # from loopback itself


def ends_without_answer(shop, data):
    with socket.create_connection(("127.0.0.1", shop.souk.port), 30, (PROXY_ADDRESS, 0)) as peer:
        peer.sendall(data)
        try:
            return peer.recv(1) == b""
        except ConnectionResetError:
            return True


def test_a_proxy_that_does_not_announce_its_client_is_cut_off(start_shop):
    shop = start_shop("--set", f"http.trusted_proxies={PROXY_ADDRESS}", "--set", "http.proxy_protocol=true",
                      "--set", "http.header_timeout=300ms")
    request = b"GET /api/categories HTTP/1.1\r\nHost: shop\r\n\r\n"
    assert ends_without_answer(shop, request)
    assert metric(shop, 'souk_http_proxy_preambles_total{outcome="malformed"}') == 1
    assert ends_without_answer(shop, b"PROXY TCP4 203.0.113.7 ")
    assert metric(shop, 'souk_http_proxy_preambles_total{outcome="late"}') == 1
    assert shop.anonymous().get("/api/categories").status_code == 200  # whoever is no proxy says nothing


def test_two_nodes_together_hold_a_client_to_its_rate(start_shop):
    # Eight at once, and one more after 7.5 s.
    limited = ("--set", "http.trusted_proxies=127.0.0.1", "--set", "rate_limits.sign_ins_per_network=8")
    one, other = start_shop(*limited), start_shop(*limited)
    client = {"X-Forwarded-For": "203.0.113.99"}

    def ask(node):
        """Returns the answer, when the node has told the others of it."""
        told = metric(node, 'souk_admission_shared_takes_total{how="shared"}')
        answer = sign_in(node.anonymous(), "someone@example.com", headers=client)
        if not is_refused(answer):
            wait_until(lambda: metric(node, 'souk_admission_shared_takes_total{how="shared"}') > told, "told")
        return answer

    def is_refused(answer):
        return "too many requests of this kind" in answer.text

    begun = time.monotonic()
    asked = 0
    for node in itertools.chain(itertools.repeat(one, 6), itertools.repeat(other, 30)):
        refused = ask(node)
        if is_refused(refused):
            break
        asked += 1
        allowed = 8 + (time.monotonic() - begun) / 7.5
        assert asked <= allowed + 1, "each node counts alone"  # one may pass until the other node knows
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert int(refused.headers["Retry-After"]) >= 1
    assert refused.headers["RateLimit-Policy"] == '"sign_in-of-network";q=8;w=60'
    assert refused.headers["RateLimit"].startswith('"sign_in-of-network";r=0;t=')


def test_a_client_may_shorten_its_deadline(start_shop):
    shop = start_shop("--set", "http.client_deadlines=true")
    buyer = shop.register()
    assert buyer.get("/api/users/me", headers={"Request-Timeout": "10"}).status_code == 200
    refused = buyer.get("/api/users/me", headers={"Request-Timeout": "10s"})
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_request")
    late = buyer.get("/api/users/me", headers={"Request-Timeout": "0"})
    assert (late.status_code, late.json()["code"]) == (503, "deadline_exceeded")


def test_while_orders_wait_for_a_whole_batch_what_is_less_important_leaves_them_the_database(start_shop):
    shop = start_shop("--set", "telemetry.server_timing=true", "--set", "admission.enabled=true", "--set", "runtime.workers=1",
                      "--set", "checkout.max_batch=1", "--set", "admission.orders_target=1ms")
    market = Market(shop)
    product = market.product(units=5)
    customers = [market.customer() for _ in range(3)]
    known, unknown = "/api/products?q=lamp", (f"/api/products?q={uuid.uuid4().hex}" for _ in iter(int, 1))
    assert shop.anonymous().get(known).status_code == 200
    assert market.order(customers[2], product, quantity=1).status_code == 201  # tells how long a batch takes
    holder = psycopg2.connect(shop.database_url)
    try:
        holder.cursor().execute("SELECT FROM product_stocks WHERE product_id = %s FOR UPDATE", (product["id"],))
        with ThreadPoolExecutor(2) as crowd:
            waiting = [crowd.submit(market.order, customers[0], product, quantity=1)]
            wait_until(lambda: shop.query("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND "
                                          "datname = current_database()") == [(1,)], "a batch")
            waiting.append(crowd.submit(market.order, customers[1], product, quantity=1))
            wait_until(lambda: metric(shop, "souk_checkout_waiting_orders") == 1, "an order behind a batch")
            refused = shop.anonymous().get(next(unknown))
            assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
            assert shop.anonymous().get(known).status_code == 200
            assert market.order(customers[2], product, quantity=1).status_code == 503
            holder.rollback()
            assert [order.result().status_code for order in waiting] == [201, 201]
    finally:
        holder.close()
    assert shop.anonymous().get(next(unknown)).status_code == 200
    assert market.order(customers[2], product, quantity=1).status_code == 201
