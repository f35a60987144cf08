"""A synchronous standby stops: no write is acknowledged that only the primary has stored."""

import contextlib
import os
import threading

import pytest
import requests
from postgres_server import PostgresServer
from souk_process import Souk, run_souk, wait_until
from standby import Standby

PAYMENT = {"method": "sandbox-ok"}
# The transaction that has locked a row of the table.
WAITS = "SELECT count(*) FROM pg_stat_activity JOIN {0} t ON backend_xid = t.xmax WHERE wait_event = 'SyncRep' AND {1}"
ORDERS_WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND application_name = 'souk orders'"


@pytest.fixture
def pair():
    primary = PostgresServer("fsync=off")
    standby = None
    try:
        standby = Standby(primary, "fsync=off", synchronous=True)
        yield primary, standby
    finally:
        if standby is not None:
            standby.remove()
        primary.remove()


class Post(threading.Thread):
    """Sends one POST request, and keeps the answer."""

    def __init__(self, client, path, body, key):
        super().__init__()
        self.client, self.path, self.body, self.key, self.answer = client, path, body, key, None
        self.start()

    def run(self):
        with contextlib.suppress(requests.ConnectionError):  # the node was killed
            self.answer = self.client.post(self.path, self.body, headers={"Idempotency-Key": self.key})


def order(client, product, key):
    return Post(client, "/api/orders", {"items": [{"productId": product, "quantity": 1}]}, key)


@pytest.fixture
def shop(pair, servers, tmp_path):
    """A shop on the pair of servers: the environment of its nodes, and a customer's token."""
    environment = os.environ | {"DATABASE_URL": pair[0].url, "REDIS_URL": servers[1]}
    for command in (["migrate"], ["seed", "--products", "50", "--users", "5", "--orders", "5", "--tokens", "tokens.txt"]):
        done = run_souk(*command, environment=environment, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    return environment, (tmp_path / "tokens.txt").read_text().split()[0]


def a_product(client):
    return client.get("/api/products?limit=1").json()["items"][0]["id"]


def order_whose_wait_is_cancelled(primary, souk, token, product, key):
    """Places an order that is stored on the primary only."""
    post = order(souk.client(token), product, key)
    [(waiting,)] = wait_until(lambda: primary.query(ORDERS_WAITING), souk.said)
    primary.query("SELECT pg_cancel_backend(%s)", (waiting,))
    wait_until(lambda: primary.query("SELECT 1 FROM idempotency_keys WHERE key = %s", (key,)), souk.said)
    return post


def test_an_order_is_acknowledged_when_the_standby_has_it_whoever_cancels_the_commit(pair, shop, tmp_path):
    primary, standby = pair
    environment, token = shop
    with Souk("serve", folder=tmp_path, environment=environment) as souk:
        product = a_product(souk.client())
        first = order(souk.client(token), product, "first")
        first.join()
        assert first.answer.status_code == 201

        standby.freeze()
        second = order_whose_wait_is_cancelled(primary, souk, token, product, "second")
        # On a retry the shop finds the order, and waits for the standby again.
        wait_until(lambda: primary.query(ORDERS_WAITING) or second.answer is not None, souk.said)
        assert second.answer is None, second.answer.text
        standby.thaw()
        second.join()
        assert second.answer.status_code == 201, second.answer.text

        acknowledged = {first.answer.json()["id"], second.answer.json()["id"]}
    primary.stop()
    standby.promote()
    assert {row[0] for row in standby.query("SELECT id::text FROM orders WHERE id::text = ANY(%s)",
                                            (list(acknowledged),))} == acknowledged


def waits_for_standby(primary, post, table, row):
    wait_until(lambda: post.answer is not None or primary.query(WAITS.format(table, row)) == [(1,)], row)
    assert post.answer is None, post.answer.text


def test_what_is_acknowledged_again_waits_for_the_standby_too(pair, shop, tmp_path):
    primary, standby = pair
    environment, token = shop
    (tmp_path / "other").mkdir()
    with Souk("serve", folder=tmp_path, environment=environment) as souk, \
            Souk("serve", folder=tmp_path / "other", environment=environment) as other:
        client = souk.client(token)
        product = a_product(client)
        paid = client.post("/api/orders", {"items": [{"productId": product, "quantity": 1}]}).json()["id"]
        payments = f"/api/orders/{paid}/payments"
        assert client.post(payments, PAYMENT, headers={"Idempotency-Key": "payment"}).status_code == 201

        standby.freeze()
        lost = order_whose_wait_is_cancelled(primary, souk, token, product, "lost")
        souk.kill()
        lost.join()
        cancel = f"SELECT pg_cancel_backend(pid) FROM ({ORDERS_WAITING}) waiting"
        wait_until(lambda: not primary.query(cancel), "the end of what the node had begun")

        order_again = order(other.client(token), product, "lost")
        waits_for_standby(primary, order_again, "idempotency_keys", "key = 'lost'")
        payment_again = Post(other.client(token), payments, PAYMENT, "payment")
        waits_for_standby(primary, payment_again, "orders", f"id = '{paid}'")
        standby.thaw()
        order_again.join()
        payment_again.join()
        assert order_again.answer.headers["Idempotency-Replayed"] == "true"
        assert payment_again.answer.headers["Idempotency-Replayed"] == "true"
