"""Export and deletion of what the shop has of a user."""

from conftest import PASSWORD
from contract import ADDRESS, CheckedClient, items
from souk_process import wait_until

DELETION = {"currentPassword": PASSWORD}
PERSONAL = ("Recipient of this test", "ada.of.this.test")


def test_the_export_has_all_that_the_operations_show(market):
    customer = market.customer()
    market.address(customer)
    for _ in range(3):
        placed = market.order(customer, market.product())
        assert placed.status_code == 201, placed.text
    exported = customer.get("/api/users/me/export").json()
    assert exported["user"] == customer.get("/api/users/me").json()
    assert exported["addresses"] == customer.get("/api/users/me/addresses").json()["items"]
    assert exported["sessions"] == customer.get("/api/users/me/sessions").json()["items"]
    assert exported["orders"] == items(customer, "/api/orders")
    assert len(exported["orders"]) == 3


def test_the_export_of_many_orders_is_whole(market):
    customer = market.customer()
    market.shop.query("WITH placed AS (INSERT INTO orders (id, user_id, total, currency, order_date) "
                      "SELECT gen_random_uuid(), %s, n, 'EUR', now() - n * interval '1 s' FROM generate_series(1, 250) n "
                      "RETURNING id, total) "
                      "INSERT INTO order_items (order_id, line_no, product_id, product_name, quantity, unit_price) "
                      "SELECT id, 1, %s, 'Thing', 1, total FROM placed", (customer.user["id"], market.product()["id"]))
    orders = customer.get("/api/users/me/export").json()["orders"]
    assert [order["total"]["amount"] for order in orders] == list(range(1, 251))


def everywhere(market, text):
    """The tables with a row that contains the text."""
    tables = market.shop.query("SELECT quote_ident(table_name) FROM information_schema.tables "
                               "WHERE table_schema = 'public' AND table_type = 'BASE TABLE'")
    return [table for (table,) in tables
            if market.shop.query(f"SELECT 1 FROM {table} t WHERE t::text ILIKE %s LIMIT 1", (f"%{text}%",))]


def test_a_deleted_account_leaves_its_orders_and_nothing_personal(market):
    email = f"{PERSONAL[1]}@example.com"
    registration = {"email": email, "password": PASSWORD, "name": PERSONAL[0]}
    assert market.anonymous.post("/api/users", registration).status_code == 201
    session = market.anonymous.post("/api/sessions", {"email": email, "password": PASSWORD}).json()
    customer = CheckedClient(market.shop.souk.url, session["token"])
    used, unused = (customer.post("/api/users/me/addresses", ADDRESS | {"recipient": PERSONAL[0]}).json()
                    for _ in range(2))
    assert unused["recipient"] == PERSONAL[0]
    order = market.order(customer, market.product(), addressId=used["id"]).json()

    assert customer.post("/api/users/me/deletion", {"currentPassword": "not this"}).json()["code"] == "wrong_password"
    open_order = customer.post("/api/users/me/deletion", DELETION)
    assert (open_order.status_code, open_order.json()["code"]) == (409, "orders_open")
    assert customer.get("/api/users/me").status_code == 200

    assert customer.post(f"/api/orders/{order['id']}/cancel").status_code == 200
    assert customer.post("/api/users/me/deletion", DELETION).status_code == 204
    assert customer.get("/api/users/me").status_code == 401
    refused = market.anonymous.post("/api/sessions", {"email": email, "password": PASSWORD})
    assert (refused.status_code, refused.json()["code"]) == (401, "invalid_credentials")
    kept = market.admin.get(f"/api/orders/{order['id']}").json()
    assert (order["email"], order["deliveryAddress"]["recipient"]) == (email, PERSONAL[0])
    assert kept == order | {"status": "cancelled", "email": None, "deliveryAddress": None}
    for text in PERSONAL:  # events that are told meanwhile have it, too
        wait_until(lambda text=text: everywhere(market, text) == [], lambda text=text: everywhere(market, text))
    assert market.anonymous.post("/api/users", registration).status_code == 201  # the address is free again


def test_an_administrator_is_not_deleted_by_a_request(market):
    refused = market.admin.post("/api/users/me/deletion", DELETION)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
