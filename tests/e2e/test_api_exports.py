"""Exports of all orders, and the report: each format compared with the database; slow and leaving readers."""

import codecs
import contextlib
import csv
import http.client
import io
import json
import re
import socket
import threading

import pytest
from conftest import PASSWORD, Shop
from contract import lines, operation_of, statements_of, validate
from souk_process import ANSWER_SECONDS_MAX, MEMORY_FACTOR, Client, Souk, wait_until

PATH = "/api/orders/export"
MANY = 60_000  # orders whose export is larger than a connection's buffers
ORDERS = """
    SELECT o.id::text, o.user_id::text, o.status, to_char(o.order_date AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
           o.total, o.currency, i.line_no, i.product_id::text, i.product_name, i.quantity, i.unit_price,
           o.number, o.email, o.recipient, o.line1, o.line2, o.city, o.postal_code, o.country,
           shipped_units(o.status, o.cancelled_at, i.quantity - i.released, i.shipped), i.refunded,
           CASE o.status WHEN 'refunded' THEN o.total ELSE o.refunded END
    FROM orders o JOIN order_items i ON i.order_id = o.id {} ORDER BY o.id, i.line_no"""
NAMES = ["orderId", "userId", "status", "orderDate", "total", "currency", "lineNo", "productId", "productName", "quantity",
         "unitPrice", "number", "email", "recipient", "line1", "line2", "city", "postalCode", "country", "shipped",
         "refundedUnits", "refunded"]


def export(shop, accept, query=""):
    answer = shop.admin().get(PATH + query, headers={"Accept": accept})
    assert answer.status_code == 200, answer.text
    return answer


def as_rows(orders):
    return [(order["id"], order["userId"], order["status"], order["orderDate"], order["total"]["amount"],
             order["total"]["currency"], number, item["productId"], item["productName"], item["quantity"],
             item["unitPrice"]["amount"], order["number"], order["email"],
             *((order["deliveryAddress"] or {}).get(name) for name in NAMES[13:19]), item["shipped"], item["refunded"],
             order["refunded"]["amount"])
            for order in orders for number, item in enumerate(order["items"], 1)]


def csv_rows(text):
    names, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert names == NAMES
    return [tuple(int(value) if name in ("total", "lineNo", "quantity", "unitPrice", "shipped", "refundedUnits", "refunded") else
                  value.removeprefix("'") if name == "productName" else value
                  for name, value in zip(NAMES, row)) for row in rows]


@pytest.fixture(scope="module")
def odd_names(market):
    """Orders of products whose names need escaping."""
    names = ['=HYPERLINK("http://x","y")', "-1", "'quoted'", 'Ta"ble, blue', "two\nlines", "caf\u00e9 \u2615", "@x", "\uff1dwide"]
    products = [market.product(name=name.replace("\n", " ")) for name in names]
    for product, name in zip(products, names):  # by SQL: the API rejects such names, but older rows may have them
        market.shop.query("UPDATE products SET name = %s WHERE id = %s", (name, product["id"]))
    return market.order(market.customer(), *products).json()


def rows_and_export(shop, accept):
    """The rows of the database, and an export during which they did not change: overdue orders of the demo end meanwhile."""
    def attempt():
        rows = shop.query(ORDERS.format(""))
        answer = export(shop, accept)
        return (rows, answer) if shop.query(ORDERS.format("")) == rows else None
    return wait_until(attempt, "orders that do not change")


def test_all_forms_say_what_the_database_says(api_shop, odd_names):
    rows, array = rows_and_export(api_shop, "application/json")
    assert len(rows) > 100
    assert array.headers["Content-Type"] == "application/json"
    assert array.headers["Cache-Control"] == "no-store"
    assert as_rows(array.json()) == rows
    rows, lines = rows_and_export(api_shop, "application/x-ndjson")
    assert lines.headers["Content-Type"] == "application/x-ndjson"
    assert as_rows([json.loads(line) for line in lines.text.splitlines()]) == rows
    rows, table = rows_and_export(api_shop, "text/csv")
    assert table.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert csv_rows(table.content.decode()) == [tuple("" if value is None else value for value in row) for row in rows]
    assert not re.search(r'(^|,)"?[=+\-@\uff1d]', table.content.decode(), re.MULTILINE)


def test_an_exported_order_is_the_order_and_whose_it_is(market, api_shop, odd_names):
    exported = next(order for order in export(api_shop, "*/*").json() if order["id"] == odd_names["id"])
    assert exported.pop("userId") == api_shop.query("SELECT user_id::text FROM orders WHERE id = %s", (odd_names["id"],))[0][0]
    assert exported == market.admin.get(f"/api/orders/{odd_names['id']}").json()


def test_a_span_has_its_beginning_and_not_its_end(api_shop):
    dates = [row[0] for row in api_shop.query(
        "SELECT to_char(order_date AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') FROM orders ORDER BY order_date")]
    first, last = dates[10], dates[30]
    for query, expected in [(f"?from={first}&to={last}", dates[10:30]), (f"?from={first}", dates[10:]),
                            (f"?to={last}", dates[:30]), ("?from=2001-01-01&to=2001-01-02T00:00:00%2B05:00", [])]:
        assert sorted(order["orderDate"] for order in export(api_shop, "application/json", query).json()) == expected


@pytest.mark.parametrize("query, name", [("?from=yesterday", "from"), ("?to=2025-13-01", "to"),
                                         ("?from=2025-02-01&to=2025-02-01", "from"), ("?from=2025-01-01T00:00:00", "from")])
@pytest.mark.parametrize("path", [PATH, "/api/reports/orders", "/api/reports/conversion"])
def test_spans_that_make_no_sense(market, path, query, name):
    answer = market.admin.get(path + query)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert answer.json()["errors"][0]["pointer"] == name


def test_the_form_is_the_one_that_is_wanted_most(market, api_shop):
    for accept, expected in [("text/csv;q=0.5, application/x-ndjson", "application/x-ndjson"),
                             ("text/*, */*;q=0.1", "text/csv; charset=utf-8"), ("*/*", "application/json")]:
        assert export(api_shop, accept, "?to=2001-01-01").headers["Content-Type"] == expected
    for path in (PATH, "/api/reports/orders", "/api/reports/conversion"):
        answer = market.admin.get(path, headers={"Accept": "image/png, text/html, */*;q=0"})
        assert (answer.status_code, answer.json()["code"]) == (406, "not_acceptable")


def test_a_download_has_a_name_and_csv_a_byte_order_mark(api_shop):
    for accept, name in [("application/json", "orders.json"), ("application/x-ndjson", "orders.ndjson"),
                         ("text/csv", "orders.csv")]:
        plain, file = (export(api_shop, accept, "?to=2001-01-01" + more) for more in ("&download=false", "&download=true"))
        assert "Content-Disposition" not in plain.headers
        assert file.headers["Content-Disposition"] == f'attachment; filename="{name}"'
        assert file.content == (codecs.BOM_UTF8 if accept == "text/csv" else b"") + plain.content


def test_a_parameter_that_is_not_known_is_refused(market):
    assert market.admin.get(PATH + "?download=yes").status_code == 400
    assert market.admin.get(PATH + "?form=2025").status_code == 422
    assert market.admin.get("/api/reports/orders?from=2020-01-01").status_code == 400  # too long


# ---- readers


class Reader:
    """A running export of which only the head has been read."""

    def __init__(self, shop, accept="application/x-ndjson"):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 * 1024)
        self.socket.settimeout(ANSWER_SECONDS_MAX)
        self.socket.connect(("127.0.0.1", shop.souk.port))
        self.connection = http.client.HTTPConnection("127.0.0.1")
        self.connection.sock = self.socket
        self.connection.request("GET", PATH, headers={"Authorization": f"Bearer {shop.admin_token}", "Accept": accept})
        self.answer = self.connection.getresponse()

    def rest(self):
        return [json.loads(line) for line in self.answer.read().splitlines()]

    def close(self):
        self.answer.close()
        self.connection.close()


@pytest.fixture(scope="module")
def big_shop(start_shop):
    shop = start_shop()
    shop.query("""
        WITH placed AS (
            INSERT INTO orders (id, user_id, status, order_date, total, currency)
            SELECT gen_random_uuid(), (SELECT id FROM users LIMIT 1), 'paid', now(), 5, 'EUR'
            FROM generate_series(1, %s) RETURNING id)
        INSERT INTO order_items (order_id, line_no, product_id, product_name, quantity, unit_price)
        SELECT id, 1, (SELECT id FROM products LIMIT 1), 'A thing', 1, 5 FROM placed""", (MANY,))
    return shop


def metric(shop, name):
    text = shop.anonymous().get("/metrics").text
    return sum(float(value) for value in re.findall(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE))


def running(shop):
    return metric(shop, "souk_reports_exports_running")


def snapshots(shop):
    return shop.query("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'souk'"
                      " AND state LIKE 'idle in transaction%%' AND xact_start IS NOT NULL", ())[0][0]


def ids(shop):
    return {row[0] for row in shop.query("SELECT id::text FROM orders")}


def settled(shop, before):
    """Waits until orders are written, and until no more are; returns how many were.

    A plan without statistics sorts all orders before it gives the first.
    """
    wait_until(lambda: metric(shop, "souk_reports_exported_orders_total") > before, "nothing is written")
    last = -1
    while (now := metric(shop, "souk_reports_exported_orders_total")) != last:
        last = now
        threading.Event().wait(0.2)
    return last


def test_a_reader_who_stops_holds_a_bounded_part_and_gets_the_rest_later(big_shop):
    before = metric(big_shop, "souk_reports_exported_orders_total")
    resident = metric(big_shop, "process_resident_memory_bytes")
    with contextlib.closing(Reader(big_shop)) as reader:
        assert 0 < settled(big_shop, before) - before < MANY / 2
        assert metric(big_shop, "process_resident_memory_bytes") - resident < 16 * 2**20 * MEMORY_FACTOR
        assert snapshots(big_shop) == 1
        assert {order["id"] for order in reader.rest()} == ids(big_shop)
    wait_until(lambda: running(big_shop) == 0, "the export goes on")
    assert metric(big_shop, 'souk_reports_exports_total{outcome="complete"}') >= 1


def test_a_reader_who_leaves_frees_place_and_connection(big_shop):
    broken_off = 'souk_reports_exports_total{outcome="broken_off"}'
    before = metric(big_shop, broken_off)
    for number in range(1, 5):  # more often than there are export slots
        reader = Reader(big_shop)
        assert reader.answer.status == 200
        reader.close()
        wait_until(lambda: running(big_shop) == 0, "the export goes on")
        wait_until(lambda: snapshots(big_shop) == 0, "the transaction stays open")
        assert metric(big_shop, broken_off) == before + number


def test_more_exports_than_may_run_are_refused(big_shop):
    with contextlib.ExitStack() as stack:
        for _ in range(2):
            stack.callback(Reader(big_shop).close)
        refused = big_shop.admin().get(PATH)
        assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
        assert int(refused.headers["Retry-After"]) >= 1
        text = big_shop.admin().get("/api/reports/orders", headers={"Accept": "text/plain"})
        assert text.status_code == 503, "it is an export too"
        assert big_shop.admin().get("/api/reports/orders").status_code == 200
    wait_until(lambda: running(big_shop) == 0, "the exports go on")
    assert big_shop.admin().get(PATH + "?to=2001-01-01").json() == []


def test_an_export_among_buyers_is_of_one_moment(big_shop):
    product = big_shop.anonymous().get("/api/products").json()["items"][0]
    big_shop.admin().put(f"/api/products/{product['id']}/stock", {"quantity": 100_000})
    buyer, done, placed = big_shop.register(), threading.Event(), []

    def buy():
        while not done.is_set():
            answer = buyer.post("/api/orders", {"items": [{"productId": product["id"], "quantity": 1}]})
            assert answer.status_code == 201, answer.text
            placed.append(answer.json()["id"])

    buying = threading.Thread(target=buy)
    buying.start()
    try:
        wait_until(lambda: len(placed) > 5, "nobody buys")
        before = ids(big_shop)
        reader = Reader(big_shop)
        at_head = len(placed)
        wait_until(lambda: len(placed) > at_head + 20, "nobody buys meanwhile")
        exported = reader.rest()
    finally:
        done.set()
        buying.join()
    seen = {order["id"] for order in exported}
    assert len(seen) == len(exported)
    assert before <= seen
    assert not seen & set(placed[at_head + 1:]), "placed after the export had begun"
    for order in exported[-100:]:
        assert order["total"]["amount"] == sum(i["quantity"] * i["unitPrice"]["amount"] for i in order["items"])


def test_an_export_whose_time_is_up_has_no_proper_end(big_shop, new_folder):
    environment = {"DATABASE_URL": big_shop.database_url, "REDIS_URL": ""}
    with Souk("serve", "--set", "reports.max_export_duration=1s", folder=new_folder(), environment=environment) as souk:
        hurried = Shop(souk, big_shop.database_url, big_shop.admin_token)
        reader = Reader(hurried)
        threading.Event().wait(1)  # its time; nothing tells as long as nobody reads
        with pytest.raises(http.client.IncompleteRead):
            reader.answer.read()
        wait_until(lambda: running(hurried) == 0, "the export goes on")


# ---- the report


def test_the_report_sums_up_what_the_database_has(market, api_shop):
    report = market.admin.get("/api/reports/orders?from=2000-01-01&to=2000-12-31").json()
    assert (report["days"], report["statuses"], report["topProducts"]) == ([], [], [])
    span = api_shop.query("SELECT (max(order_date) - interval '200 days')::date::text, (max(order_date) + interval '1 day')::date::text FROM orders")[0]
    report = market.admin.get("/api/reports/orders?from={}&to={}".format(*span)).json()
    stands = "order_date >= %s::timestamptz AND order_date < %s::timestamptz AND status NOT IN ('cancelled', 'refunded')"
    days = api_shop.query("SELECT (order_date AT TIME ZONE 'UTC')::date::text, count(*), sum(total - refunded)::bigint, currency FROM orders"
                          f" WHERE {stands} GROUP BY 1, 4 ORDER BY 1, 4", [f"{day}T00:00:00Z" for day in span])
    assert [(day["date"], day["orders"], day["total"]["amount"], day["total"]["currency"]) for day in report["days"]] == days
    statuses = api_shop.query("SELECT status, count(*) FROM orders WHERE order_date >= %s::timestamptz AND order_date <"
                              " %s::timestamptz GROUP BY 1", [f"{day}T00:00:00Z" for day in span])
    assert {each["status"]: each["orders"] for each in report["statuses"]} == dict(statuses)
    units = api_shop.query("SELECT i.product_id::text, sum(i.quantity - i.refunded) AS units FROM orders o JOIN order_items i ON i.order_id = o.id"
                           f" WHERE {stands} GROUP BY 1 HAVING sum(i.quantity - i.refunded) > 0 ORDER BY units DESC, 1 LIMIT 10", [f"{day}T00:00:00Z" for day in span])
    assert [(each["productId"], each["quantity"]) for each in report["topProducts"]] == units


def test_the_report_as_text_lists_the_orders_of_its_span(api_shop):
    text = api_shop.admin().get("/api/reports/orders", headers={"Accept": "text/plain"})
    assert text.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert text.text.startswith("Order Report\n")
    listed = re.findall(r"^Order (\S+): (\d+)\.(\d\d) (\w{3})$", text.text, re.MULTILINE)
    rows = api_shop.query("SELECT id::text, total, currency FROM orders WHERE order_date >= now() - interval '30 days' ORDER BY id")
    assert [(each[0], int(each[1]) * 100 + int(each[2]), each[3]) for each in listed] == rows
    report = api_shop.admin().get("/api/reports/orders").json()
    validate(report, {"$ref": "#/components/schemas/OrderReport"})
    for status in report["statuses"]:
        assert f"\n{status['status']}: {status['orders']}\n" in text.text


CONVERSION = "/api/reports/conversion"


def test_conversion_counts_sessions_holds_orders_and_payments(market):
    def counted():
        days = market.admin.get(CONVERSION).json()["days"]
        return {name: sum(day[name] for day in days) for name in ("sessions", "customers", "holds", "orders", "paid")}

    before = counted()
    customer, product = market.customer(), market.product()
    registered = counted()
    for _ in range(2):
        begun = market.anonymous.post("/api/sessions", {"email": customer.email, "password": PASSWORD})
        assert begun.status_code == 201
    assert customer.post("/api/reservations", {"items": lines(product)}).status_code == 201
    placed = [market.order(customer, product).json() for _ in range(2)]
    paid = customer.post(f"/api/orders/{placed[0]['id']}/payments", {"method": "sandbox-ok"})
    assert paid.status_code == 201
    after = counted()
    assert after["sessions"] - registered["sessions"] == 2
    assert after["customers"] - before["customers"] == 1
    assert (after["holds"] - before["holds"], after["orders"] - before["orders"], after["paid"] - before["paid"]) == (1, 2, 1)


def test_conversion_as_csv_has_the_same_days(market):
    market.order(market.customer(), market.product())
    report = market.admin.get(CONVERSION + "?timezone=Asia/Tokyo")
    assert statements_of(report) == operation_of("GET", CONVERSION)["x-statement-budget"]
    file = Client(market.shop.souk.url, market.shop.admin_token).get(
        CONVERSION + "?timezone=Asia/Tokyo", headers={"Accept": "text/csv"})
    assert file.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(file.text)))
    assert rows and rows == [{name: str(value) for name, value in day.items()} for day in report.json()["days"]]
