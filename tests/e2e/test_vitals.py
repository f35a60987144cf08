"""Web Vitals: what anybody may send, and what the script of docs/vitals.md sends from a real Chromium."""

import functools
import http.server
import json
import re
import threading

import pytest
import requests
from chromium import CHROMIUM, Browser
from contract import DOCUMENT, statements_of
from souk_process import ANSWER_SECONDS_MAX, ROOT, operator_url, wait_until

SCRIPT = re.search(r"```js\n(.*?)```", (ROOT / "docs" / "vitals.md").read_text(), re.DOTALL).group(1)
PAGE = """<!doctype html><meta charset="utf-8"><title>Product</title>
<script src="vitals.js" data-page="product" data-shop="{shop}" async></script>
<h1>Lamp</h1><button id="buy" onclick="for (const end = performance.now() + 60; performance.now() < end;);">Buy</button>"""
ALL = {"page": "product", "loadMs": 800, "lcpMs": 900, "fcpMs": 400, "ttfbMs": 60, "inpMs": 48, "clsThousandths": 12}


def counted(url, page="product"):
    """How many values of each kind the shop has of a page, and their sum."""
    text = requests.get(f"{operator_url(url)}/metrics", timeout=ANSWER_SECONDS_MAX).text

    def values(suffix, number):
        found = {vital: number(value) for vital, value in
                 re.findall(rf'^souk_vitals_seconds_{suffix}\{{vital="(\w+)",page="{page}"\}} (\S+)$', text, re.MULTILINE)}
        shifts = re.search(rf'^souk_vitals_layout_shift_{suffix}\{{page="{page}"\}} (\S+)$', text, re.MULTILINE)
        return found | {"cls": number(shifts.group(1))}

    counts = {vital: count for vital, count in values("count", int).items() if count}
    return {vital: (count, values("sum", float)[vital]) for vital, count in counts.items()}


def test_a_report_is_counted_and_names_nobody(market, start_shop):
    assert statements_of(market.anonymous.post("/api/vitals", ALL)) == 0  # checked against the document
    shop = start_shop()
    answer = shop.anonymous().post("/api/vitals", ALL)
    assert (answer.status_code, answer.content) == (204, b"")
    assert "Set-Cookie" not in answer.headers and answer.headers["Cache-Control"] == "no-store"
    seen = counted(shop.souk.url)
    assert {vital: (count, round(total, 6)) for vital, (count, total) in seen.items()} == {
        "load": (1, 0.8), "lcp": (1, 0.9), "fcp": (1, 0.4), "ttfb": (1, 0.06), "inp": (1, 0.048), "cls": (1, 0.012)}


@pytest.mark.parametrize(("report", "status"), [
    ({}, 422), ({"page": ""}, 422), ({"page": "x" * 41}, 422), ({"page": 7}, 422), ({"page": "product", "lcpMs": -1}, 422),
    ({"page": "product", "lcpMs": 600_001}, 422), ({"page": "product", "lcpMs": 1.5}, 422),
    ({"page": "product", "clsThousandths": 100_001}, 422), ({"page": "product", "user": "ada"}, 422),
    ({"page": "x" * 2_000}, 413)])
def test_what_is_no_report_is_refused(market, report, status):
    before = counted(market.shop.souk.url)
    answer = market.anonymous.post("/api/vitals", report)
    assert answer.status_code == status, answer.text
    assert counted(market.shop.souk.url) == before


def test_pages_that_are_not_in_the_settings_make_no_series(start_shop):
    shop = start_shop("--set", "vitals.pages=product,landing-page")
    client = shop.anonymous()
    for number in range(50):
        assert client.post("/api/vitals", {"page": f"page-{number}", "lcpMs": 5}).status_code == 204
    assert client.post("/api/vitals", {"page": "landing-page", "lcpMs": 5}).status_code == 204
    assert counted(shop.souk.url, "other")["lcp"][0] == 50
    assert counted(shop.souk.url, "landing-page")["lcp"][0] == 1
    text = requests.get(f"{operator_url(shop.souk.url)}/metrics", timeout=ANSWER_SECONDS_MAX).text
    assert set(re.findall(r'page="(.*?)"', text)) == {"product", "landing-page", "other"}


def test_the_reads_of_a_network_are_limited(start_shop):
    shop = start_shop("--set", "rate_limits.reads_per_network=3", "--set", "http.trusted_proxies=127.0.0.1")
    client = shop.anonymous()
    statuses = [client.post("/api/vitals", {"page": "product"}, headers={"X-Forwarded-For": "192.0.2.7"}).status_code
                for _ in range(6)]
    assert statuses[:3] == [204] * 3 and 429 in statuses
    assert client.post("/api/vitals", {"page": "product"}, headers={"X-Forwarded-For": "192.0.2.8"}).status_code == 204


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def storefront(new_folder):
    """A folder at http://localhost:PORT, which is another origin than 127.0.0.1."""
    folder = new_folder()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


def write_page(folder, shop):
    (folder / "vitals.js").write_text(SCRIPT)
    (folder / "index.html").write_text(PAGE.format(shop=shop))
    for path in [folder, *folder.iterdir()]:
        path.chmod(0o755)


def visit(browser, url):
    """Opens the page, presses its button once, and leaves it."""
    page = browser.page(url)
    page.wait("document.readyState === 'complete' && performance.getEntriesByName('first-contentful-paint').length > 0")
    page.run("""new PerformanceObserver(list => { window.pressed ||= list.getEntries().some(entry => entry.interactionId); })
        .observe({type: "event", buffered: true, durationThreshold: 16})""")
    x, y = page.run("(({x, y, width, height}) => [x + width / 2, y + height / 2])(document.getElementById('buy').getBoundingClientRect())")
    for kind in ("mousePressed", "mouseReleased"):
        page.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
    page.wait("window.pressed === true")
    errors = page.errors()
    page.call("Page.navigate", url="about:blank")
    return errors


needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium-headless-shell")


def check_visit(seen):
    assert {vital: count for vital, (count, _) in seen.items()} == dict.fromkeys(
        ("load", "lcp", "fcp", "ttfb", "inp", "cls"), 1)
    times = {vital: total for vital, (_, total) in seen.items()}
    assert 0 < times["fcp"] <= times["lcp"] and times["ttfb"] <= times["fcp"] and times["ttfb"] <= times["load"]
    assert times["inp"] >= 0.056  # the handler takes 60 ms, and durations are multiples of 8


@needs_chromium
def test_a_page_of_another_origin_reports_itself_when_it_is_left(start_shop, storefront, new_folder):
    folder, origin = storefront
    shop = start_shop("--set", f"cors.origins={origin}")
    write_page(folder, shop.souk.url)
    with Browser(new_folder()) as browser:
        assert visit(browser, origin + "/") == []
        wait_until(lambda: counted(shop.souk.url), "nothing is reported")
    check_visit(counted(shop.souk.url))


@needs_chromium
def test_a_page_that_the_shop_serves_reports_itself(start_shop, new_folder):
    folder = new_folder()
    write_page(folder, "")
    page = folder / "index.html"
    page.write_text(re.sub(r' onclick=".*?"', "", page.read_text()).replace(
        "</button>", '</button><script src="buy.js"></script>'))
    (folder / "buy.js").write_text("""document.getElementById("buy").onclick = () => {
        for (const end = performance.now() + 60; performance.now() < end;); };""")
    (folder / "buy.js").chmod(0o755)
    shop = start_shop("--set", f"http.files_folder={folder}")
    with Browser(new_folder()) as browser:
        assert visit(browser, shop.souk.url + "/store/") == []
        wait_until(lambda: counted(shop.souk.url), "nothing is reported")
    check_visit(counted(shop.souk.url))


@needs_chromium
def test_a_page_of_an_origin_that_is_not_allowed_reports_nothing(start_shop, storefront, new_folder):
    folder, origin = storefront
    shop = start_shop("--set", "cors.origins=https://another.example")
    write_page(folder, shop.souk.url)

    def preflights():
        text = requests.get(f"{operator_url(shop.souk.url)}/metrics", timeout=ANSWER_SECONDS_MAX).text
        return re.findall(r'^souk_http_requests_total\{method="OPTIONS".*\} [1-9]', text, re.MULTILINE)

    with Browser(new_folder()) as browser:
        visit(browser, origin + "/")
        wait_until(preflights, "the browser did not ask")
    assert counted(shop.souk.url) == {}


def test_the_documents_members_are_those_of_the_contract():
    schema = DOCUMENT["components"]["schemas"]["PageVitals"]
    table = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "vitals.md").read_text(), re.MULTILINE)
    assert table == list(schema["properties"])
    assert set(json.loads(json.dumps(ALL))) == set(schema["properties"])
