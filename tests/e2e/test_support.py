"""Tests of the tests' own support code."""


def test_a_shop_comes_seeded_and_ready(shop):
    assert len(shop.anonymous().get("/api/products?limit=100").json()["items"]) == 100
    assert shop.query("SELECT count(*) FROM products") == [(300,)]


def test_a_registered_customer_and_the_admin_are_signed_in(shop):
    customer = shop.register()
    assert customer.get("/api/users/me").json()["email"] == customer.email
    assert shop.admin().get("/api/users/me").status_code == 200


def test_raw_bytes_get_a_raw_answer(shop):
    answer = shop.souk.exchange(b"GET /healthz HTTP/1.1\r\nHost: souk\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")
