"""A synchronous standby that stops: nothing is acknowledged that only the primary has."""

import os
import threading

import pytest
from postgres_server import PostgresServer
from souk_process import Souk, run_souk, wait_until
from standby import Standby

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"


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


class Order(threading.Thread):
    """Places one, and keeps the answer."""

    def __init__(self, client, product, key):
        super().__init__()
        self.client, self.product, self.key, self.answer = client, product, key, None
        self.start()

    def run(self):
        self.answer = self.client.post("/api/orders", {"items": [{"productId": self.product, "quantity": 1}]},
                                       headers={"Idempotency-Key": self.key})


def test_an_order_is_acknowledged_when_the_standby_has_it_whoever_cancels_the_commit(pair, servers, tmp_path):
    primary, standby = pair
    environment = os.environ | {"DATABASE_URL": primary.url, "REDIS_URL": servers[1]}
    for command in (["migrate"], ["seed", "--products", "50", "--users", "5", "--orders", "5", "--tokens", "tokens.txt"]):
        done = run_souk(*command, environment=environment, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    token = (tmp_path / "tokens.txt").read_text().split()[0]
    with Souk("serve", folder=tmp_path, environment=environment) as souk:
        client = souk.client(token)
        product = client.get("/api/products?limit=1").json()["items"][0]["id"]
        first = Order(client, product, "first")
        first.join()
        assert first.answer.status_code == 201

        standby.freeze()
        second = Order(souk.client(token), product, "second")
        waits_for_order = ("SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' "
                           "AND application_name = 'souk orders'")
        [(waiting,)] = wait_until(lambda: primary.query(waits_for_order), souk.said)
        primary.query("SELECT pg_cancel_backend(%s)", (waiting,))
        # The order is there now, on the primary alone; the shop looks for it, and waits again.
        wait_until(lambda: primary.query("SELECT count(*) FROM idempotency_keys WHERE key = 'second'") == [(1,)],
                   souk.said)
        wait_until(lambda: primary.query(waits_for_order) or second.answer is not None, souk.said)
        assert second.answer is None, second.answer.text
        standby.thaw()
        second.join()
        assert second.answer.status_code == 201, second.answer.text

        acknowledged = {first.answer.json()["id"], second.answer.json()["id"]}
    primary.stop()
    standby.promote()
    assert {row[0] for row in standby.query("SELECT id::text FROM orders WHERE id::text = ANY(%s)",
                                            (list(acknowledged),))} == acknowledged
