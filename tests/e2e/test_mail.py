"""Mail by SMTP, with a real server."""

import email.header
import email.utils
import itertools

import pytest
from certificates import Authority
from conftest import PASSWORD
from contract import ADDRESS, Market
from exim import Exim
from souk_process import Client, wait_until
from test_order_events import FAST, metric

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def folders(new_folder):
    def make():
        folder = new_folder()
        folder.chmod(0o755)
        return folder

    return make


@pytest.fixture(scope="module")
def exim(folders):
    with Exim(folders(), Authority(folders())) as server:
        yield server


def shop_with(start_shop, server, *flags, **settings):
    return Market(start_shop(*FAST, *server.settings(**settings), "--set", "telemetry.server_timing=true", *flags))


@pytest.fixture(scope="module")
def market(start_shop, exim):
    return shop_with(start_shop, exim)


def customer(market, local_part, name="A Customer"):
    """Registers and signs in who has this local part at example.com, with an address to deliver to."""
    address = f"{local_part}@example.com"
    made = market.anonymous.post("/api/users", {"email": address, "password": PASSWORD, "name": name})
    assert made.status_code == 201, made.text
    token = market.anonymous.post("/api/sessions", {"email": address, "password": PASSWORD}).json()["token"]
    client = Client(market.shop.souk.url, token)
    client.email = address
    assert client.post("/api/users/me/addresses", ADDRESS).status_code == 201
    return client


def order(market, buyer):
    placed = market.order(buyer, market.product())
    assert placed.status_code == 201, placed.text
    return placed.json()


def arrived(exim, address):
    wait_until(lambda: exim.messages(address), lambda: f"mail to {address}")
    return exim.messages(address)


def dead_letters(market, placed):
    dead = market.admin.get("/api/jobs/dead").json()["items"]
    return [one for one in dead if one["payload"]["data"]["orderId"] == placed["id"]]


def test_a_confirmation_goes_to_the_server_over_tls_and_signed_in(market, exim):
    buyer = customer(market, "zoe", name='Zoë "Bobby" <x@evil.example>, Bcc: all@example.com')
    placed = order(market, buyer)
    [message] = arrived(exim, buyer.email)
    [(shown, address)] = email.utils.getaddresses([message["To"]])
    assert str(email.header.make_header(email.header.decode_header(shown))) == buyer.get("/api/users/me").json()["name"]
    assert address == buyer.email
    assert message["Subject"] == f"Your order {placed['number']}"
    assert message["Bcc"] is None
    assert "with esmtpsa" in message["Received"]  # s: TLS, a: authenticated
    assert "(envelope-from <orders@shop.example>)" in message["Received"]
    assert "Total: " in message.get_payload(decode=True).decode()


def test_connections_are_kept_and_ended_ones_replaced(market, exim):
    """Exim ends a connection after three messages."""
    buyer = customer(market, "often")
    for count in range(1, 9):
        order(market, buyer)
        wait_until(lambda wanted=count: len(exim.messages(buyer.email)) == wanted, lambda: "the mail of every order")
    assert len({one["Message-ID"] for one in exim.messages(buyer.email)}) == 8
    assert metric(market.shop, "souk_mail_server_unavailable_total") == 0


def test_what_the_server_refuses_for_good_is_a_dead_letter_at_once(market, exim):
    buyer = customer(market, "refused.buyer")
    placed = order(market, buyer)
    wait_until(lambda: dead_letters(market, placed), lambda: "a dead letter")
    [dead] = dead_letters(market, placed)
    assert dead["attempts"] == 1
    assert "550" in dead["lastError"] and buyer.email not in dead["lastError"]
    assert metric(market.shop, "souk_mail_messages_total", outcome="refused") >= 1


@pytest.mark.parametrize("kind", ["busy", "slow"])
def test_what_the_server_cannot_take_now_is_tried_again(start_shop, folders, kind):
    with Exim(folders(), Authority(folders())) as server:
        market = shop_with(start_shop, server, "--set", "jobs.max_attempts=1000", send_timeout="1s")
        buyer = customer(market, f"{kind}.buyer")
        order(market, buyer)
        wait_until(lambda: metric(market.shop, "souk_mail_messages_total", outcome="failed") >= 2, lambda: "retries")
        assert server.messages() == []
        server.open()
        arrived(server, buyer.email)


def test_while_no_server_answers_orders_go_on_and_mail_waits(start_shop, folders):
    server = Exim(folders(), Authority(folders()))
    market = shop_with(start_shop, server, "--set", "jobs.max_attempts=1")
    buyer = customer(market, "patient")
    placed = [order(market, buyer)["number"] for _ in range(3)]
    wait_until(lambda: metric(market.shop, "souk_mail_server_unavailable_total") >= 1, lambda: "an attempt")
    with server:
        wait_until(lambda: len(server.messages()) == 3, lambda: "all mail")
    assert {one["Subject"].removeprefix("Your order ") for one in server.messages()} == set(placed)
    assert market.admin.get("/api/jobs/dead").json()["items"] == []


def refused(start_shop, server, **settings):
    """Whether no mail reaches the server with these settings, and none is lost."""
    market = shop_with(start_shop, server, "--set", "jobs.max_attempts=1", **settings)
    buyer = customer(market, f"careful{next(_numbers)}")  # earlier shops are still trying
    order(market, buyer)
    wait_until(lambda: metric(market.shop, "souk_mail_server_unavailable_total") >= 1, lambda: "an attempt")
    return server.messages(buyer.email) == [] and market.admin.get("/api/jobs/dead").json()["items"] == []


def test_a_server_is_trusted_by_its_name_and_its_authority_only(start_shop, folders):
    authority, other = Authority(folders()), Authority(folders())
    server = Exim(folders(), authority)
    server.start(certificate="elsewhere")
    assert refused(start_shop, server)
    server.stop()
    with server:
        assert refused(start_shop, server, tls_ca_file=other.file)
        market = shop_with(start_shop, server, smtp_security="tls", smtp_port=server.tls_port)
        order(market, customer(market, "trusting"))
        [message] = arrived(server, "trusting@example.com")
        assert "with esmtpsa" in message["Received"]


def test_a_wrong_password_loses_no_mail(start_shop, exim):
    before = len(exim.messages())
    assert refused(start_shop, exim, smtp_password="another SMTP secret")
    assert len(exim.messages()) == before
