"""The cache as clients of the API see it: one load for simultaneous reads, compression, conditional requests."""

import gzip
import json
import os
import re
import socket
import subprocess

import pytest
from contract import NOBODY
from souk_process import Client, Souk, run_souk, wait_until

CLIENTS = 1000


def metric(shop, series):
    text = shop.anonymous().get("/metrics").text
    found = re.search(rf"^{re.escape(series)} (\S+)$", text, re.MULTILINE)
    return float(found.group(1)) if found else 0


@pytest.fixture(scope="module")
def quiet_shop(start_shop):
    """A shop of its own: no other test sends requests to it."""
    return start_shop("--set", "telemetry.server_timing=true", "--set", "cache.probe_interval=0s",
                      "--set", "runtime.workers=2")


def test_a_thousand_at_once_for_a_cold_product_are_one_statement(quiet_shop):
    product = quiet_shop.query("SELECT id FROM products WHERE is_active ORDER BY id LIMIT 1 OFFSET 7")[0][0]
    request = f"GET /api/products/{product} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n".encode()
    statements = 'souk_db_statements_total{statement="catalog.find"}'
    before = metric(quiet_shop, statements)
    peers = [socket.create_connection(("127.0.0.1", quiet_shop.souk.port)) for _ in range(CLIENTS)]
    # Send all requests without their last byte first, so that sending it starts all of them together.
    for peer in peers:
        peer.sendall(request[:-1])
    for peer in peers:
        peer.sendall(request[-1:])
    answers = 0
    for peer in peers:
        answer = b""
        while piece := peer.recv(65536):
            answer += piece
        assert answer.startswith(b"HTTP/1.1 200 "), answer[:200]
        answers += 1
        peer.close()
    assert answers == CLIENTS
    assert metric(quiet_shop, statements) == before + 1


def compressed(shop, path, coding):
    """The first answer in that coding; the server compresses it after the first request for it."""
    def ask():
        answer = shop.anonymous().request("GET", path, headers={"Accept-Encoding": coding}, stream=True)
        answer.raw_body = answer.raw.read(decode_content=False)
        return answer if answer.headers.get("Content-Encoding") == coding else None
    return wait_until(ask, f"an answer in {coding}")


@pytest.mark.parametrize("path", ["/api/products", "/api/categories"])
def test_answers_come_in_the_coding_that_was_asked_for(quiet_shop, path):
    plain = quiet_shop.anonymous().get(path, headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    packed = compressed(quiet_shop, path, "gzip")
    assert gzip.decompress(packed.raw_body) == plain.content
    assert len(packed.raw_body) < len(plain.content) / 2
    smallest = compressed(quiet_shop, path, "br")
    assert len(smallest.raw_body) < len(packed.raw_body)
    newest = compressed(quiet_shop, path, "zstd")
    assert len(newest.raw_body) < len(plain.content) / 2
    # requests does not know the coding.
    decoded = subprocess.run(["curl", "-sS", "--compressed", "-H", "Accept-Encoding: zstd", quiet_shop.souk.url + path],
                             capture_output=True, check=True, timeout=60).stdout
    assert decoded == plain.content
    tags = {answer.headers["ETag"] for answer in (plain, packed, smallest, newest)}
    assert len(tags) == 4
    for answer in (plain, packed, smallest, newest):
        assert answer.headers["Vary"] == "Accept-Encoding"
    for wanted, coding in [("gzip;q=0.5, br;q=0.1", "gzip"), ("br, gzip", "br"), ("br;q=0, gzip", "gzip"),
                           ("gzip, zstd", "zstd"), ("*;q=0", None), ("identity, gzip;q=0.5", None)]:
        def coding_of(wanted=wanted):
            answer = quiet_shop.anonymous().request("GET", path, headers={"Accept-Encoding": wanted}, stream=True)
            return answer.headers.get("Content-Encoding")

        # A value that was read again meanwhile is plain until it is compressed.
        wait_until(lambda coding=coding, coding_of=coding_of: coding_of() == coding, f"{coding} for {wanted}")


def test_whoever_has_any_form_of_it_is_told_that_it_is_the_same(quiet_shop):
    client = quiet_shop.anonymous()
    plain = client.get("/api/products", headers={"Accept-Encoding": "identity"})
    packed = compressed(quiet_shop, "/api/products", "gzip")
    for tag in (plain.headers["ETag"], packed.headers["ETag"]):
        for coding in ("identity", "gzip", "br"):
            answer = client.get("/api/products", headers={"If-None-Match": tag, "Accept-Encoding": coding})
            assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", tag)


def test_a_change_by_sql_is_served_without_a_word_to_the_shop(quiet_shop):
    client = quiet_shop.anonymous()
    product = client.get("/api/products").json()["items"][0]
    path = f"/api/products/{product['id']}"
    client.get(path)
    quiet_shop.query("UPDATE products SET price = price + 1 WHERE id = %s RETURNING 1", (product["id"],))
    wait_until(lambda: client.get(path).json()["price"]["amount"] == product["price"]["amount"] + 1, "the new price")
    listed = client.get("/api/products").json()["items"][0]
    assert listed["price"]["amount"] == product["price"]["amount"] + 1


def test_what_does_not_exist_is_remembered_until_it_does(quiet_shop):
    client = quiet_shop.anonymous()
    path = f"/api/products/{NOBODY}"
    statements = 'souk_db_statements_total{statement="catalog.find"}'
    assert client.get(path).status_code == 404
    before = metric(quiet_shop, statements)
    assert client.get(path).status_code == 404
    assert metric(quiet_shop, statements) == before
    quiet_shop.query("INSERT INTO products (id, name, category_id, price, currency) "
                     "SELECT %s, 'New', category_id, 1, 'EUR' FROM products LIMIT 1 RETURNING 1", (NOBODY,))
    wait_until(lambda: client.get(path).status_code == 200, "the product that is there now")


def reads(shop):
    """How many statements reads of products and stocks have taken so far."""
    text = shop.anonymous().get("/metrics").text
    found = re.findall(r'^souk_db_statements_total{statement="(?:catalog|inventory)\.\w+"} (\S+)$', text, re.MULTILINE)
    return sum(map(float, found))


def test_products_with_their_stock_are_put_together_in_the_cache_and_follow_both(quiet_shop):
    client = quiet_shop.anonymous()
    product = client.get("/api/products").json()["items"][1]
    path = f"/api/products/{product['id']}"
    counted = quiet_shop.admin().put(path + "/stock", {"quantity": 50}).json()

    def shown():
        listed = client.get("/api/products?include=stock").json()["items"][1]
        assert listed == client.get(path + "?include=stock").json()
        return listed

    before = shown()
    assert before.pop("stock") == counted
    assert before == client.get(path).json()

    def is_cached():
        """Once every transaction of the cluster that began before the change has ended.

        A value that was not confirmed in time is read again: on a busy machine some rounds have statements."""
        seen = reads(quiet_shop)
        for _ in range(20):
            shown()
        return reads(quiet_shop) == seen

    wait_until(is_cached, "twenty pages without statements")
    listed = client.get("/api/products?include=stock")
    packed = compressed(quiet_shop, "/api/products?include=stock", "gzip")
    assert gzip.decompress(packed.raw_body) == listed.content
    again = client.get("/api/products?include=stock", headers={"If-None-Match": packed.headers["ETag"]})
    assert again.status_code == 304

    placed = quiet_shop.register().post("/api/orders", {"items": [{"productId": product["id"], "quantity": 3}]})
    assert placed.status_code == 201, placed.text
    assert shown()["stock"]["available"] == counted["available"] - 3
    changed = quiet_shop.admin().patch(path, {"name": "Renamed"})
    assert changed.status_code == 200
    assert shown()["name"] == "Renamed"


def test_an_order_is_seen_in_the_stock_at_once(quiet_shop):
    customer = quiet_shop.register()
    product = next(item for item in quiet_shop.anonymous().get("/api/products?include=stock").json()["items"]
                   if item["stock"]["available"] > 3)
    path = f"/api/products/{product['id']}/stock"
    for taken in range(1, 4):
        placed = customer.post("/api/orders", {"items": [{"productId": product["id"], "quantity": 1}]})
        assert placed.status_code == 201
        shown = quiet_shop.anonymous().get(path).json()["available"]
        assert shown == product["stock"]["available"] - taken
    assert customer.post(f"/api/orders/{placed.json()['id']}/cancel").status_code == 200
    assert quiet_shop.anonymous().get(path).json()["available"] == product["stock"]["available"] - 2


def souk_cache(shop, *arguments):
    """The output of `souk cache`; None if it fails."""
    token = shop.souk.folder / "operator.txt"
    token.write_text(shop.admin_token)
    done = run_souk("cache", *arguments, "--url", shop.souk.url, "--token-file", token,
                    environment=os.environ, cwd=shop.souk.folder)
    return json.loads(done.stdout) if done.returncode == 0 else None


def test_an_operator_looks_into_the_cache_and_drops_from_it(quiet_shop, servers, new_folder):
    environment = {"DATABASE_URL": quiet_shop.database_url, "REDIS_URL": servers[1]}
    product = quiet_shop.anonymous().get("/api/products").json()["items"][3]["id"]
    key = f"product:{product}"
    with Souk("serve", "--set", "cache.probe_interval=0s", folder=new_folder(), environment=environment) as other:
        def cached(souk):
            answer = Client(souk.url, quiet_shop.admin_token).get(f"/api/cache/entries/{key}")
            return answer.json()["memory"]

        def held_by_all():
            """What is said of it once Redis has it, and the other node has it from there."""
            Client(quiet_shop.souk.url).get(f"/api/products/{product}", headers={"Accept-Encoding": "identity"})
            said = souk_cache(quiet_shop, "show", key)
            if not (said["memory"] and said["redis"]):
                return None
            Client(other.url).get(f"/api/products/{product}")
            theirs = cached(other)
            return said if theirs and theirs["madeAt"] == said["redis"]["madeAt"] else None

        for what in (("--key", key), ("--tag", key), ("--pattern", f"product:{product[:-3]}*")):
            seen = wait_until(held_by_all, "the entry everywhere")
            assert (seen["key"], seen["memory"]["isFresh"]) == (key, True)
            assert seen["redis"]["version"] == seen["memory"]["version"] >= 1
            assert "identity" in [rendering["coding"] for rendering in seen["memory"]["renderings"]]
            assert souk_cache(quiet_shop, "drop", *what)["dropped"] >= 1, what
            assert souk_cache(quiet_shop, "show", key) == {"key": key, "memory": None, "redis": None}, what
            wait_until(lambda: cached(other) is None, f"the other node's drop by {what}")


# An attacker who can write to Redis can do this: the format of a value is no secret.
ALTER = """
local value = redis.call('GET', KEYS[1])
if not value then return 0 end
local from, to = struct.pack('>I8', ARGV[1]), struct.pack('>I8', ARGV[2])
local at = string.find(value, from, 45, true)
if not at then return 0 end
redis.call('SET', KEYS[1], string.sub(value, 1, at - 1) .. to .. string.sub(value, at + 8))
return at"""


def test_a_price_that_somebody_altered_in_redis_is_not_shown(quiet_shop, servers, new_folder):
    product = quiet_shop.anonymous().get("/api/products").json()["items"][5]["id"]
    path = f"/api/products/{product}"
    prices = iter(range(123456789, 123456889))
    forged = 'souk_cache_remote_rejected_total{reason="forged"}'

    def alter(price):
        quiet_shop.anonymous().get(path)
        done = subprocess.run(
            ["redis-cli", "-s", servers[1].removeprefix("unix://"), "EVAL", ALTER, "1", f"souk:product:{product}",
             str(price), "1"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=10, check=True)
        return int(done.stdout)

    def shown(souk):
        amount = Client(souk.url).get(path).json()["price"]["amount"]
        assert amount != 1
        return amount

    environment = {"DATABASE_URL": quiet_shop.database_url, "REDIS_URL": servers[1]}
    with Souk("serve", "--set", "cache.probe_interval=0s", folder=new_folder(), environment=environment) as other:
        def is_refused():
            """Of a new price: a node that is behind with the change log reads from the database, and keeps that."""
            price = next(prices)
            changed = quiet_shop.admin().patch(path, {"price": {"amount": price, "currency": "EUR"}})
            assert changed.status_code == 200, changed.text
            wait_until(lambda: alter(price) > 0, "the value in Redis")
            wait_until(lambda: shown(other) == price, "the new price")
            return re.search(rf"^{re.escape(forged)} [1-9]", Client(other.url).get("/metrics").text, re.MULTILINE)

        wait_until(is_refused, "a value that is refused")
        wait_until(lambda: "cache_value_forged" in other.said(), "a line in the log")


def test_a_drop_that_names_nothing_or_two_things_is_refused(quiet_shop):
    for body in ({}, {"key": "a", "tag": "b"}):
        answer = quiet_shop.admin().post("/api/cache/drops", body)
        assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed"), answer.text
    assert souk_cache(quiet_shop, "drop") is None
    assert souk_cache(quiet_shop, "drop", "--key", "a", "--tag", "b") is None
