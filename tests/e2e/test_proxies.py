"""nginx and Caddy in front of a shop, configured as docs/proxies.md says: what Souk sends is what clients get."""

import contextlib
import itertools
import json
import os
import re
import subprocess
import types

import psycopg2
import pytest
from certificates import Authority
from conftest import PASSWORD
from proxies import Caddy, CaddyOverHttp1, Nginx
from souk_process import ANSWER_SECONDS_MAX, end_with_parent, wait_until
from test_api_exports import metric

PROXIES = {"nginx": (Nginx, False), "nginx to TLS": (Nginx, True), "Caddy, h2c": (Caddy, False),
           "Caddy, HTTP/1.1": (CaddyOverHttp1, False), "Caddy to TLS": (Caddy, True)}
CODINGS = ["br", "gzip", "zstd", "identity", None]
WRONG_PASSWORDS = 8
MANY, BEFORE_GATE = 20_000, 3_000  # orders of one item
FIRST_PIECE = 1_999  # orders of the first 2,000 rows, the last of which may have more items
# An export waits for an order in its second piece while closed_gate() is entered. Sorting is expensive, so that it is not sorted before.
GATE = """
    DO $$ BEGIN
      EXECUTE format('ALTER DATABASE %%I SET cpu_operator_cost = 100', current_database());
    END $$;
    CREATE FUNCTION pass_gate() RETURNS boolean LANGUAGE plpgsql AS $$
    BEGIN
      WHILE NOT pg_try_advisory_xact_lock_shared(1) LOOP PERFORM pg_sleep(0.02); END LOOP;
      RETURN true;
    END $$;
    WITH placed AS (
        INSERT INTO orders (id, user_id, status, order_date, total, currency)
        SELECT (lpad(to_hex(number), 8, '0') || '-0000-7000-8000-000000000000')::uuid, (SELECT id FROM users LIMIT 1),
               'paid', now(), 5, 'EUR'
        FROM generate_series(1, %(orders)s) AS number RETURNING id)
    INSERT INTO order_items (order_id, line_no, product_id, product_name, quantity, unit_price)
    SELECT id, 1, (SELECT id FROM products LIMIT 1), 'A thing', 1, 5 FROM placed;
    ANALYZE orders, order_items;
    ALTER TABLE order_items RENAME TO order_items_behind_gate;
    CREATE VIEW order_items AS SELECT * FROM order_items_behind_gate
    WHERE order_id <> (lpad(to_hex(%(before)s), 8, '0') || '-0000-7000-8000-000000000000')::uuid OR pass_gate()"""
RUNNING = ("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' "
           "AND pid <> pg_backend_pid() AND query LIKE 'FETCH%%'")


@contextlib.contextmanager
def closed_gate(shop):
    with contextlib.closing(psycopg2.connect(shop.database_url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(1)")
        yield


@pytest.fixture(scope="module")
def authority(new_folder):
    made = Authority(new_folder())
    made.issue("server")
    return made


@pytest.fixture(scope="module")
def shop(start_shop, authority):
    shop = start_shop(*authority.arguments("server"), "--set", "http.trusted_proxies=127.0.0.1",
                      "--set", f"accounts.wrong_passwords_of_network={WRONG_PASSWORDS}",
                      "--set", "reports.max_exports=1")
    shop.query(GATE, {"orders": MANY, "before": BEFORE_GATE})
    shop.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
               "AND pid <> pg_backend_pid()")  # new connections have the new costs
    wait_until(lambda: shop.anonymous().get("/readyz").status_code == 200, "the shop is ready again")
    return shop


@pytest.fixture(scope="module", params=PROXIES)
def proxy(request, shop, authority, new_folder):
    kind, encrypted = PROXIES[request.param]
    port = shop.souk.port
    if encrypted:
        port = re.search(r"https://[\d.]+:(\d+)", shop.souk.out.read_text()).group(1)
    with kind(new_folder(), authority, port, encrypted=encrypted) as running:
        running.cacert = authority.file
        yield running


@pytest.fixture
def networks(_numbers=itertools.count(1)):
    """A new client address on each call."""
    return lambda: f"2001:db8:{os.getpid():x}:{next(_numbers):x}::1"


def command(proxy, path, *arguments, http="--http2"):
    return ["curl", "-sSN", http, "--cacert", proxy.cacert, *map(str, arguments), proxy.url + path]


def curl(proxy, path, *arguments, **more):
    """One request: `status`, `version`, `headers` (by their names in lower case) and `body`."""
    done = subprocess.run(command(proxy, path, "-D", "/dev/stderr", *arguments, **more), capture_output=True,
                          timeout=ANSWER_SECONDS_MAX, check=False)
    head = done.stderr.decode().replace("\r\n", "\n")
    assert done.returncode == 0, head
    first, *fields = head.split("\n\n")[-2].split("\n")
    version, status = first.split()[:2]
    headers = dict(field.split(": ", 1) for field in fields)
    return types.SimpleNamespace(status=int(status), version=version, body=done.stdout,
                                 headers={name.lower(): value for name, value in headers.items()})


def as_admin(shop):
    return ["-H", f"Authorization: Bearer {shop.admin_token}", "-H", "Accept: application/x-ndjson"]


def broken_off(shop):
    return metric(shop, 'souk_reports_exports_total{outcome="broken_off"}')


def asking_for(coding):
    return ["-H", f"Accept-Encoding: {coding}"] if coding else []


@pytest.mark.parametrize("http", ["--http1.1", "--http2"])
def test_a_body_and_its_tag_come_through_as_souk_made_them(proxy, shop, http):
    for coding in CODINGS:
        def as_made(coding=coding):  # the cache makes compressed forms after the first answer
            made = shop.anonymous().request("GET", "/api/products", stream=True,
                                            headers={"Accept-Encoding": coding or "identity"})
            seen = curl(proxy, "/api/products", *asking_for(coding), http=http)
            wanted = coding if coding != "identity" else None
            is_made = made.headers.get("Content-Encoding") == seen.headers.get("content-encoding") == wanted
            return (made, seen) if is_made else None

        made, seen = wait_until(as_made, lambda: f"no {coding}")
        assert (seen.status, seen.version) == (200, "HTTP/2" if http == "--http2" else "HTTP/1.1")
        assert seen.body == made.raw.read(decode_content=False)
        for name in ("ETag", "Content-Length", "Cache-Control", "Vary"):
            assert seen.headers.get(name.lower()) == made.headers.get(name), name
        again = curl(proxy, "/api/products", *asking_for(coding), "-H", f"If-None-Match: {seen.headers['etag']}")
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", seen.headers["etag"])


def test_an_answer_with_a_token_stays_uncompressed(proxy, shop):
    email = shop.register().email
    seen = curl(proxy, "/api/sessions", "-H", "Content-Type: application/json", *asking_for("gzip, br, zstd"),
                "-d", json.dumps({"email": email, "password": PASSWORD}))
    assert (seen.status, seen.headers.get("content-encoding")) == (201, None)
    assert json.loads(seen.body)["token"]


def test_limits_count_the_client_that_the_proxy_names(proxy, networks):
    def guess(address):
        return curl(proxy, "/api/sessions", "-H", "Content-Type: application/json", "-H", f"X-Forwarded-For: {address}",
                    "-d", json.dumps({"email": "nobody@example.com", "password": "not the right battery"}))

    guesser = networks()
    # On a slow machine the first delays may have passed before the next attempt.
    refused = next(answer for answer in (guess(guesser) for _ in range(60)) if answer.status != 401)
    assert refused.status == 429
    assert int(refused.headers["retry-after"]) >= 1
    assert json.loads(refused.body)["code"] == "too_many_requests"


def test_a_large_body_is_read_or_refused_by_souk(proxy, shop, tmp_path):
    file = tmp_path / "body"
    document = {"name": "Long", "price": {"amount": 100, "currency": "EUR"}, "description": "x" * 100_000}
    file.write_text(json.dumps(document))
    sent = [*as_admin(shop), "-H", "Content-Type: application/json", "--data-binary", f"@{file}"]
    answer = curl(proxy, "/api/products", *sent)
    assert (answer.status, answer.headers["content-type"]) == (422, "application/problem+json"), answer.body
    document["description"] = "x" * 300_000
    file.write_text(json.dumps(document))
    answer = curl(proxy, "/api/products", *sent)
    assert (answer.status, json.loads(answer.body)["code"]) == (413, "request_too_large")


@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_rows_of_an_export_arrive_when_they_exist_and_a_reader_who_leaves_ends_it(proxy, shop, coding):
    decoding = ["--compressed"] if coding != "identity" else []
    before = broken_off(shop)
    with closed_gate(shop):
        reader = subprocess.Popen(command(proxy, "/api/orders/export", *as_admin(shop), *asking_for(coding), *decoding),
                                  stdout=subprocess.PIPE, preexec_fn=end_with_parent)
        try:
            assert all(json.loads(reader.stdout.readline())["id"] for _ in range(FIRST_PIECE))
            wait_until(lambda: shop.query(RUNNING) == [(1,)], "the next orders do not exist yet")
            refused = curl(proxy, "/api/orders/export", *as_admin(shop))
            assert (refused.status, json.loads(refused.body)["code"]) == (503, "overloaded")
            assert int(refused.headers["retry-after"]) >= 1
        finally:
            reader.kill()
            reader.wait()
    wait_until(lambda: broken_off(shop) == before + 1, "the export is broken off")

    def complete():
        answer = curl(proxy, "/api/orders/export", *as_admin(shop), *asking_for(coding), *decoding)
        return answer if answer.status == 200 else None  # the place may not be free yet

    orders = [json.loads(line) for line in wait_until(complete, "a place for an export").body.splitlines()]
    assert {order["id"] for order in orders} == {row[0] for row in shop.query("SELECT id::text FROM orders")}
