"""Secrets never appear in the log, at any log level and after any failure."""

from conftest import PASSWORD
from contract import Market
from souk_process import Client, wait_until
from webhook_receiver import Receiver

PROVIDER_SECRET = "the secret of the provider"
WRONG_PASSWORD = "not the right battery staple"
METHOD = "sandbox-ok"
WRONG_TOKEN = "no-such-token-0123"
SETTINGS = ["--set", "log.level=debug", "--set", "telemetry.server_timing=true", "--set", f"payments.webhook_secret={PROVIDER_SECRET}",
            "--set", "jobs.min_backoff=20ms", "--set", "jobs.poll_interval=20ms",
            "--set", "webhooks.allow_private_addresses=true", "--set", "webhooks.allow_plain_http=true"]


def token_of(client):
    return client.session.headers["Authorization"].removeprefix("Bearer ")


def test_the_log_tells_no_secret(start_shop):
    shop = start_shop(*SETTINGS)
    market = Market(shop)
    customer = market.customer()
    log = lambda: shop.souk.log.read_text() + shop.souk.out.read_text()  # noqa: E731
    secrets = {PASSWORD, WRONG_PASSWORD, PROVIDER_SECRET, METHOD, token_of(customer), shop.admin_token, WRONG_TOKEN}

    anonymous = shop.anonymous()
    assert anonymous.post("/api/sessions", {"email": customer.email, "password": WRONG_PASSWORD}).status_code == 401
    assert anonymous.post("/api/users", {"email": "nobody", "password": PASSWORD, "name": ""}).status_code == 422
    broken = anonymous.request("POST", "/api/sessions", data='{"password": "%s", ' % PASSWORD,
                               headers={"Content-Type": "application/json"})
    assert broken.status_code == 400
    assert Client(shop.souk.url, WRONG_TOKEN).get("/api/users/me").status_code == 401
    with Receiver(lambda _: 500) as receiver:
        webhook = market.admin.post("/api/webhooks", {"url": receiver.url, "events": ["order.placed"]}).json()
        secrets.add(webhook["secret"])
        order = market.order(customer, market.product(units=5), quantity=1).json()
        assert customer.post(f"/api/orders/{order['id']}/payments", {"method": METHOD}).status_code == 201
        assert shop.anonymous().request("POST", "/api/payments/webhooks/sandbox", data="{}",
                                        headers={"Souk-Signature": f"t=1,v1={PROVIDER_SECRET}"}).status_code >= 400
        wait_until(lambda: "job_failed" in log(), log)
    assert shop.souk.stop() == 0
    text = log()
    assert "job_failed" in text
    assert not [secret for secret in secrets if secret in text]
