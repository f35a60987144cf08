"""/docs and /: the reference of the API, in a real Chromium and through HTTP."""

import gzip

import pytest
import requests
from chromium import CHROMIUM, Browser
from contract import DOCUMENT
from souk_process import ANSWER_SECONDS_MAX

METHODS = ("get", "post", "put", "patch", "delete")
# Of the events that webhooks deliver, too.
OPERATIONS = sum(method in METHODS for section in ("paths", "webhooks") for path in DOCUMENT[section].values()
                 for method in path)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium-headless-shell")


def get(shop, path, **headers):
    return requests.get(shop.souk.url + path, headers=headers, timeout=ANSWER_SECONDS_MAX)


def test_the_page_runs_nothing_from_elsewhere(shop):
    page = get(shop, "/docs")
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert get(shop, "/").text == page.text
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe" not in policy and "default-src 'none'" in policy and "http" not in policy
    assert "https://" not in page.text and "<script>" not in page.text


def test_its_script_is_sent_as_the_client_takes_it_and_once(shop):
    plain = get(shop, "/docs/reference.js", **{"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    with requests.get(shop.souk.url + "/docs/reference.js", headers={"Accept-Encoding": "br, gzip"}, stream=True,
                      timeout=ANSWER_SECONDS_MAX) as coded:
        assert (coded.headers["Content-Encoding"], coded.headers["Vary"]) == ("gzip", "Accept-Encoding")
        assert gzip.decompress(coded.raw.read()) == plain.content
    assert coded.headers["ETag"] != plain.headers["ETag"]
    for etag in (coded.headers["ETag"], plain.headers["ETag"]):
        assert get(shop, "/docs/reference.js", **{"If-None-Match": etag}).status_code == 304


def test_a_storefront_has_the_root(start_shop, new_folder):
    folder = new_folder()
    (folder / "index.html").write_text("<h1>A storefront</h1>")
    shop = start_shop("--set", f"http.files_folder={folder}", "--set", "http.files_at=/")
    assert "A storefront" in get(shop, "/").text
    assert "reference.js" in get(shop, "/docs").text


@needs_chromium
@pytest.mark.parametrize(("path", "dark"), [("/docs", False), ("/", True)])
def test_chromium_shows_every_operation_and_tries_one(shop, new_folder, path, dark):
    with Browser(new_folder()) as browser:
        page = browser.page(shop.souk.url + path, dark=dark)
        page.wait(f"document.querySelectorAll('.opblock').length === {OPERATIONS}")
        assert page.run("document.documentElement.classList.contains('dark-mode')") is dark
        block = "document.querySelector('[id$=listCategories]')"
        page.run(f"{block}.querySelector('.opblock-summary-control').click()")
        page.wait(f"{block}.querySelector('.try-out__btn') !== null")
        page.run(f"{block}.querySelector('.try-out__btn').click()")
        page.wait(f"{block}.querySelector('.execute') !== null")
        page.run(f"{block}.querySelector('.execute').click()")
        page.wait(f"{block}.querySelector('.live-responses-table .response .response-col_status')?.innerText.trim() === '200'")
        assert page.run("document.documentElement.scrollWidth") <= 1280
        assert page.errors() == []
