"""/dashboard: in a real Chromium against /metrics, and its sign-in, limits and live updates through HTTP."""

import contextlib
import json
import os
import re
import signal
import threading
import time

import pytest
import requests
from chromium import CHROMIUM, Browser
from conftest import PASSWORD, Shop
from postgres_server import PostgresServer
from souk_process import ANSWER_SECONDS_MAX, BINARY, STOP_SECONDS_MAX, Souk, operator_url, run_souk, wait_until

AXE = BINARY.parent / "site" / "node_modules" / "axe-core" / "axe.min.js"
COOKIE = "souk_dashboard"
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium-headless-shell")


class Board:
    """A shop, its operator's address, and an administrator with a password."""

    def __init__(self, shop):
        self.shop = shop
        self.url = operator_url(shop.souk.url)
        admin = shop.register()
        shop.query("UPDATE users SET role = 'admin' WHERE email = %s", (admin.email,))
        self.email = admin.email

    def sign_in(self, email=None, password=PASSWORD, url=None, **headers):
        url = url or self.url
        return requests.post(f"{url}/dashboard/session", json={"email": email or self.email, "password": password},
                             headers={"Origin": url} | headers, timeout=ANSWER_SECONDS_MAX)

    def session(self):
        session = requests.Session()
        session.cookies.set(COOKIE, self.sign_in().cookies[COOKIE])
        return session

    def get(self, session, what):
        answer = session.get(f"{self.url}/dashboard/{what}", timeout=ANSWER_SECONDS_MAX)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def curves(self, session, name="5m"):
        """The points of each curve of each panel."""
        points = self.get(session, f"points?range={name}")
        values = iter(points["values"])
        panels = self.get(session, "panels")["panels"]
        return {panel["id"]: {curve: next(values) for curve in panel["curves"]} for panel in panels}


@pytest.fixture(scope="module")
def board(start_shop):
    return Board(start_shop())


def total(values):
    return sum(value for value in values if value is not None)


def test_only_administrators_with_a_password_see_it(board):
    for path in ("panels", "points?range=1h", "state", "live"):
        answer = requests.get(f"{board.url}/dashboard/{path}", timeout=ANSWER_SECONDS_MAX)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (401, "no-store"), path
    assert board.sign_in(password="not the password").status_code == 401
    customer = board.shop.register()
    refused = board.sign_in(email=customer.email)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert "Set-Cookie" not in refused.headers
    # A customer's token is no administrator's, wherever it comes from.
    token = customer.session.headers["Authorization"].removeprefix("Bearer ")
    answer = requests.get(f"{board.url}/dashboard/panels", cookies={COOKIE: token}, timeout=ANSWER_SECONDS_MAX)
    assert answer.status_code == 403


@pytest.mark.parametrize("more", [{"remember": True}, {"token": "x" * 43}, {"password": None}, {"email": ["a"]}])
def test_a_body_that_is_not_a_sign_in_is_refused(board, more):
    body = {"email": board.email, "password": PASSWORD} | more
    refused = requests.post(f"{board.url}/dashboard/session", json=body, headers={"Origin": board.url},
                            timeout=ANSWER_SECONDS_MAX)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_request")
    assert "Set-Cookie" not in refused.headers


def test_the_cookie_is_for_this_page_only_and_ends_with_the_session(board):
    signed_in = board.sign_in()
    assert signed_in.status_code == 204, signed_in.text
    attributes = signed_in.headers["Set-Cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Strict", "Path=/dashboard"} <= set(attributes)
    session = requests.Session()
    session.cookies.set(COOKIE, signed_in.cookies[COOKIE])
    board.get(session, "panels")
    url = f"{board.url}/dashboard/session"
    assert session.delete(url, timeout=ANSWER_SECONDS_MAX).status_code == 403
    assert session.delete(url, headers={"Origin": board.url}, timeout=ANSWER_SECONDS_MAX).status_code == 204
    session.cookies.set(COOKIE, signed_in.cookies[COOKIE])
    assert session.get(f"{board.url}/dashboard/panels", timeout=ANSWER_SECONDS_MAX).status_code == 401


def test_an_administrators_token_signs_in_and_outlives_the_cookie(board):
    def sign_in(token):
        return requests.post(f"{board.url}/dashboard/session", json={"token": token}, headers={"Origin": board.url},
                             timeout=ANSWER_SECONDS_MAX)

    signed_in = sign_in(board.shop.admin_token)
    assert signed_in.status_code == 204, signed_in.text
    session = requests.Session()
    session.cookies.set(COOKIE, signed_in.cookies[COOKIE])
    board.get(session, "panels")
    url = f"{board.url}/dashboard/session"
    ended = session.delete(url, headers={"Origin": board.url}, timeout=ANSWER_SECONDS_MAX)
    assert "Max-Age=0" in ended.headers["Set-Cookie"]
    assert board.shop.admin().get("/api/jobs/dead").status_code == 200  # commands still use it
    for token in ("x" * 43, "short", board.shop.register().session.headers["Authorization"].split()[1]):
        refused = sign_in(token)
        assert refused.status_code in (401, 403) and "Set-Cookie" not in refused.headers


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": ""},
                                     {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}])
def test_a_page_of_another_origin_cannot_sign_anybody_in(board, headers):
    refused = board.sign_in(**headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert "Set-Cookie" not in refused.headers


def test_it_is_not_on_the_shops_address_and_runs_nothing_from_elsewhere(board):
    assert requests.get(f"{board.shop.souk.url}/dashboard", timeout=ANSWER_SECONDS_MAX).status_code == 404
    page = requests.get(f"{board.url}/dashboard", timeout=ANSWER_SECONDS_MAX)
    assert page.status_code == 200
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe" not in policy and "default-src 'none'" in policy
    assert "https://" not in page.text and "<script>" not in page.text


def test_a_setting_puts_it_on_the_shops_address_for_administrators_only(start_shop):
    board = Board(start_shop("--set", "operator.dashboard_everywhere=true"))
    board.url = board.shop.souk.url
    assert requests.get(f"{board.url}/dashboard", timeout=ANSWER_SECONDS_MAX).status_code == 200
    assert requests.get(f"{board.url}/dashboard/panels", timeout=ANSWER_SECONDS_MAX).status_code == 401
    assert requests.get(f"{board.url}/metrics", timeout=ANSWER_SECONDS_MAX).status_code == 404
    assert board.sign_in(Origin="https://evil.example").status_code == 403
    assert board.get(board.session(), "panels")["panels"]


def test_its_values_are_those_of_the_metrics(board):
    session, visitor = board.session(), board.shop.anonymous()
    wait_until(lambda: board.get(session, "points?range=5m")["nodes"][-1] == 1, "nothing is shown")

    def counted():
        text = requests.get(f"{board.url}/metrics", timeout=ANSWER_SECONDS_MAX).text
        lines = re.findall(r'^souk_http_requests_total\{(.*)\} (\d+)$', text, re.MULTILINE)
        return sum(int(value) for labels, value in lines if 'priority="operator"' not in labels)

    # What was asked for before is in points that are shown already.
    begun = board.get(session, "points?range=5m")["from"]
    wait_until(lambda: board.get(session, "points?range=5m")["from"] >= begun + 5, "no points are added")
    since = board.get(session, "points?range=5m")["from"] + 300

    def drawn():
        points = board.get(session, "points?range=5m")
        return total(points["values"][0][max(since - points["from"], 0):])

    before = counted()
    for number in range(40):
        visitor.get(f"/api/products?limit={number % 9 + 1}")
    assert counted() - before == 40
    # Rates over what the clock says was a second: under load it is a bit more or less.
    wait_until(lambda: 30 <= drawn() <= 50, lambda: f"{drawn()} requests are shown, not some 40")
    curves = board.curves(session)
    assert max(filter(None, curves["latency"]["p99"])) < 30
    assert total(curves["statements"]["run"]) > 0
    assert curves["resources"]["memory"][-1] > 0


def test_money_is_shown_where_a_core_has_a_price(board, start_shop):
    panels = board.get(board.session(), "panels")
    assert "currency" not in panels and "money" not in [panel["id"] for panel in panels["panels"]]
    metrics = requests.get(f"{board.url}/metrics", timeout=ANSWER_SECONDS_MAX).text
    assert "souk_cpu_cost_total" not in metrics
    priced = Board(start_shop("--set", "telemetry.core_hour_price=0.045 EUR"))
    session, visitor = priced.session(), priced.shop.anonymous()
    assert priced.get(session, "panels")["currency"] == "EUR"

    def costs():
        for _ in range(20):
            visitor.get("/api/products?limit=5")
        curves = priced.curves(session)
        return [(money, cpu) for money, cpu in zip(curves["money"]["1,000 requests"], curves["cost"]["a request"])
                if money]

    # 1,000 times the time of one, at a 3,600th of the price of an hour.
    for money, cpu in wait_until(costs, "nothing of money is shown"):
        assert money == pytest.approx(1000 * cpu * 0.045 / 3600, rel=2e-3)


class Follower(threading.Thread):
    """Reads the live updates until it has so many events of a name."""

    def __init__(self, board, session, name, events):
        super().__init__()
        self.board, self.session, self.name_of_event, self.wanted = board, session, name, events
        self.events = []

    def run(self):
        with self.session.get(f"{self.board.url}/dashboard/live", stream=True, timeout=ANSWER_SECONDS_MAX) as answer:
            assert answer.headers["Content-Type"] == "text/event-stream"
            name = None
            for line in answer.iter_lines(decode_unicode=True):
                if line.startswith("event: "):
                    name = line[7:]
                elif line.startswith("data: ") and name == self.name_of_event:
                    self.events.append(json.loads(line[6:]))
                    if len(self.events) == self.wanted:
                        return


def test_live_updates_continue_the_points_without_a_gap(board):
    followers = [Follower(board, board.session(), "points", 6) for _ in range(3)]
    for follower in followers:
        follower.start()
    for follower in followers:
        follower.join()
        seconds = [point["at"] for event in follower.events for point in event if point["range"] == "5m"]
        assert seconds == list(range(seconds[0], seconds[0] + 6))
    text = requests.get(f"{board.url}/metrics", timeout=ANSWER_SECONDS_MAX).text
    assert re.search(r"^souk_history_bytes \d{7,8}$", text, re.MULTILINE)


def test_a_shop_stops_while_dashboards_are_open_and_a_restarted_one_continues(start_shop):
    board = Board(start_shop())
    session = board.session()
    wait_until(lambda: total(board.curves(session)["connections"]["clients"]) > 0, "nothing is shown")
    follower = Follower(board, session, "never", 1)
    follower.start()
    shown = board.get(session, "points?range=5m")
    souk = board.shop.souk
    begun = time.monotonic()
    assert souk.stop() == 0
    assert time.monotonic() - begun < STOP_SECONDS_MAX / 4
    follower.join()
    souk.__init__(*souk.arguments, folder=souk.folder, environment=souk.environment, port=souk.port)
    points = wait_until(lambda: next(
        (points for points in [board.get(session, "points?range=5m")]
         if points["from"] > shown["from"] and points["nodes"][-1] == 1), None), "it does not go on")
    at = shown["from"] + 299 - points["from"]
    assert points["nodes"][at] == 1, "the second before the stop is gone"
    wait_until(lambda: {mark["was"] for mark in board.get(session, "points?range=5m")["marks"]} ==
               {"", points["marks"][0]["version"]}, "the restart is not marked")


def test_whoever_is_signed_in_sees_that_the_database_is_away(new_folder):
    """The cookie cannot be looked up then."""
    with contextlib.ExitStack() as stack:
        database = PostgresServer()
        stack.callback(database.remove)
        environment = os.environ | {"DATABASE_URL": database.url, "REDIS_URL": ""}
        assert run_souk("migrate", environment=environment).returncode == 0
        board = Board(Shop(stack.enter_context(Souk("serve", folder=new_folder(), environment=environment)),
                           database.url, None))
        session = board.session()
        assert board.get(session, "state")["alerts"]
        database.stop(signal.SIGQUIT)

        def state_of(name):
            alerts = board.get(session, "state")["alerts"]
            return next(alert["state"] for alert in alerts if alert["name"] == name)

        wait_until(lambda: state_of("database_away") in ("pending", "firing"), "the alert does not see it")
        stranger = requests.get(f"{board.url}/dashboard/state", cookies={COOKIE: "A" * 43}, timeout=ANSWER_SECONDS_MAX)
        assert stranger.status_code == 503
        database.start()


@needs_chromium
def test_signing_in_live_values_and_the_keyboard_in_chromium(board, new_folder):
    with Browser(new_folder()) as browser:
        page = browser.page(f"{board.url}/dashboard")
        page.wait("document.activeElement?.name === 'email'")
        page.type(board.email)
        page.press("Tab")
        page.type("wrong password")
        page.press("Enter")
        page.wait("document.getElementById('refusal').textContent !== ''")
        page.run("document.querySelector('[name=password]').select()")
        page.type(PASSWORD)
        page.press("Enter")
        page.wait("document.getElementById('status').textContent === 'live'")
        page.wait("document.querySelectorAll('#panels .uplot').length >= 16")
        page.wait("document.querySelectorAll('#alerts-table tbody tr').length >= 16")

        visitor = board.shop.anonymous()
        value = "document.querySelector('#panel-throughput dd').textContent"
        def shows_a_rate():
            visitor.get("/api/products?limit=2")
            shown = page.run(value)
            return shown.endswith("/s") and shown != "0/s"

        wait_until(shows_a_rate, lambda: page.run(value))

        # The arrow keys read earlier values.
        page.run("document.querySelector('#panel-throughput .chart').focus()")
        page.press("Home")
        first = page.run("document.getElementById('spoken').textContent")
        page.press("ArrowRight")
        second = page.run("document.getElementById('spoken').textContent")
        assert re.match(r"\d\d:\d\d:\d\d: requests ", first) and first != second

        # A range is chosen by keyboard, and the page has what the API has.
        page.run("document.querySelector('#ranges input').focus()")
        page.press("ArrowRight")
        page.wait("document.querySelector('#ranges input[value=\"1h\"]').checked")
        # A cross-check of the page's own request by its cookie, which its scripts cannot see.
        assert page.run("document.cookie") == ""
        panels = page.run("fetch('/dashboard/panels').then(answer => answer.json())")["panels"]
        assert [panel["title"] for panel in panels] == page.run(
            "[...document.querySelectorAll('#panels h3')].map(title => title.textContent)")
        page.run("document.getElementById('sign-out').click()")
        page.wait("!document.getElementById('sign-in').hidden")
        assert page.run("fetch('/dashboard/panels').then(answer => answer.status)") == 401
        complaints = [error for error in page.errors() if "status of 40" not in json.dumps(error)]
        assert complaints == []


@needs_chromium
@pytest.mark.parametrize(("width", "dark"), [(1280, False), (1280, True), (390, False)])
def test_axe_finds_nothing(board, new_folder, width, dark):
    with Browser(new_folder()) as browser:
        page = browser.page(f"{board.url}/dashboard", width=width, dark=dark)
        run = """axe.run(document, {resultTypes: ["violations"]}).then(result =>
            result.violations.map(found => [found.id, found.help, found.nodes.map(node => node.html).slice(0, 3)]))"""
        page.wait("document.getElementById('sign-in')?.hidden === false")
        page.run(AXE.read_text())
        assert page.run(run) == []
        status = page.run(f"""fetch("/dashboard/session", {{method: "POST", headers: {{"Content-Type": "application/json"}},
            body: JSON.stringify({json.dumps({"email": board.email, "password": PASSWORD})})}}).then(answer => answer.status)""")
        assert status == 204
        page.call("Page.reload")
        page.wait("document.querySelectorAll('#panels .uplot').length >= 16")
        page.wait("document.querySelectorAll('#alerts-table tbody tr').length >= 16")
        page.run("document.querySelector('details').open = true")
        page.run(AXE.read_text())
        assert page.run(run) == []
        # Nothing is wider than the screen.
        assert page.run("document.documentElement.scrollWidth") <= width
