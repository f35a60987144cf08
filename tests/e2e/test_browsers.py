"""Pages of another origin call the API, in a real Chromium; and pages that the shop serves itself."""

import base64
import functools
import hashlib
import http.server
import json
import os
import re
import shutil
import subprocess
import threading

import pytest
from certificates import Authority
from conftest import PASSWORD
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from souk_process import ANSWER_SECONDS_MAX

CHROMIUM = shutil.which("chromium-headless-shell")

# Lists products, signs in, reads a private resource, and fills the title when all is done.
STOREFRONT = """<!doctype html><meta charset="utf-8"><title>waiting</title><pre id="seen"></pre><script>
const api = %(api)s, seen = {};
async function shop() {
  const listed = await fetch(api + "/api/products?limit=3");
  seen.products = (await listed.json()).items.length;
  seen.tag = listed.headers.get("ETag") !== null;
  const session = await fetch(api + "/api/sessions", {method: "POST", headers: {"Content-Type": "application/json"},
    body: JSON.stringify(%(credentials)s)});
  const token = (await session.json()).token;
  const me = await fetch(api + "/api/users/me", {headers: {Authorization: "Bearer " + token}});
  seen.email = (await me.json()).email;
  const refused = await fetch(api + "/api/users/me");
  seen.refused = [refused.status, (await refused.json()).code];
}
shop().catch(error => seen.error = String(error)).finally(() => {
  document.getElementById("seen").textContent = JSON.stringify(seen);
  document.title = "done";
});
</script>"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def site():
    """Serves a folder at http://localhost:PORT, which is another origin than 127.0.0.1."""
    servers = []

    def serve(folder):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://localhost:{server.server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def seen_by_chromium(url, folder, *flags):
    """What the page at the URL writes into its element `seen`."""
    command = [CHROMIUM, "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={folder}/profile",
               "--timeout=20000", "--virtual-time-budget=15000", *flags, "--dump-dom", url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=3 * ANSWER_SECONDS_MAX, check=False,
                          env=os.environ | {"HOME": str(folder)})
    assert done.returncode == 0, done.stderr
    begin, end = '<pre id="seen">', "</pre>"
    assert begin in done.stdout, done.stdout + done.stderr
    return json.loads(done.stdout.split(begin)[1].split(end)[0].replace("&amp;", "&").replace("&gt;", ">").replace("&lt;", "<"))


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium-headless-shell")
def test_a_storefront_on_another_origin_shops_in_chromium(start_shop, site, new_folder):
    allowed, other = new_folder(), new_folder()
    origin = site(allowed)
    shop = start_shop("--set", f"cors.origins={origin}")
    customer = shop.register()
    page = STOREFRONT % {"api": json.dumps(shop.souk.url),
                         "credentials": json.dumps({"email": customer.email, "password": PASSWORD})}
    for folder in (allowed, other):
        (folder / "index.html").write_text(page)
    seen = seen_by_chromium(origin + "/", new_folder())
    assert seen == {"products": 3, "tag": True, "email": customer.email, "refused": [401, "unauthenticated"]}
    refused = seen_by_chromium(site(other) + "/", new_folder())
    assert refused == {"error": "TypeError: Failed to fetch"}


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium-headless-shell")
def test_a_storefront_that_the_shop_serves_needs_no_permission(start_shop, new_folder):
    folder = new_folder()
    (folder / "index.html").write_text('<!doctype html><title>Shop</title><pre id="seen"></pre><script src="app.js"></script>')
    (folder / "app.js").write_text("""fetch("/api/products?limit=3").then(answer => answer.json()).then(list => {
        document.getElementById("seen").textContent = JSON.stringify({products: list.items.length}); });""")
    for path in [folder, *folder.iterdir()]:
        path.chmod(0o755)
    shop = start_shop("--set", f"http.files_folder={folder}")
    assert seen_by_chromium(shop.souk.url + "/store/", new_folder()) == {"products": 3}
    page = shop.anonymous().get("/store/")
    assert "default-src 'self'" in page.headers["Content-Security-Policy"] and page.headers["X-Content-Type-Options"] == "nosniff"
    assert shop.anonymous().get("/store/../../etc/passwd").status_code in (400, 404)


# The protocols of the page itself and of its call.
PROTOCOLS = """fetch("/api/products?limit=3").then(answer => answer.json()).then(list => {
  const hops = ["navigation", "resource"].flatMap(type => performance.getEntriesByType(type))
    .filter(entry => !entry.name.endsWith(".js")).map(entry => entry.nextHopProtocol);
  document.getElementById("seen").textContent = JSON.stringify({products: list.items.length, hops});
});"""


@pytest.fixture(scope="module")
def shop_of_browsers(start_shop, new_folder):
    """A shop with a page over TLS and QUIC, and the arguments with which Chromium trusts its certificate."""
    authority, folder = Authority(new_folder()), new_folder()
    public_key = authority.issue("server").public_key()
    spki = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    (folder / "index.html").write_text('<!doctype html><title>Shop</title><pre id="seen"></pre><script src="app.js"></script>')
    (folder / "app.js").write_text(PROTOCOLS)
    for path in [folder, *folder.iterdir()]:
        path.chmod(0o755)
    shop = start_shop(*authority.arguments("server"), "--http3", "--set", f"http.files_folder={folder}")
    trusted = base64.b64encode(hashlib.sha256(spki).digest()).decode()
    return shop, f"--ignore-certificate-errors-spki-list={trusted}"


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium-headless-shell")
@pytest.mark.parametrize("protocol", ["h2", "h3"])
def test_chromium_shops_over(shop_of_browsers, new_folder, protocol):
    shop, trust = shop_of_browsers
    origin = re.search(r"https://(\S+:\d+)", shop.souk.out.read_text()).group(1)
    # By itself it follows Alt-Svc only for a publicly trusted certificate.
    quic = ["--enable-quic", f"--origin-to-force-quic-on={origin}"] if protocol == "h3" else ["--disable-quic"]
    seen = seen_by_chromium(f"https://{origin}/store/", new_folder(), trust, *quic)
    assert seen == {"products": 3, "hops": [protocol, protocol]}


def test_the_pages_of_another_origin_may_call_the_api_where_the_settings_allow_it(start_shop):
    shop = start_shop("--set", "cors.origins=https://shop.example")
    client = shop.anonymous()
    asking = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST",
              "Access-Control-Request-Headers": "authorization,content-type"}
    preflight = client.request("OPTIONS", "/api/orders", headers=asking)
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert preflight.headers["Access-Control-Allow-Methods"] == "GET, HEAD, POST, OPTIONS"
    assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]
    for origin, allowed in [("https://shop.example", "https://shop.example"), ("https://evil.example", None), (None, None)]:
        answer = client.get("/api/products", headers={"Origin": origin} if origin else {})
        assert answer.headers.get("Access-Control-Allow-Origin") == allowed
        assert "Origin" in answer.headers["Vary"] and "Access-Control-Allow-Credentials" not in answer.headers
    refused = client.request("OPTIONS", "/api/orders", headers=asking | {"Origin": "https://evil.example"})
    assert not [name for name in refused.headers if name.startswith("Access-Control-")]
    assert "Access-Control-Allow-Origin" not in client.get("/metrics", headers={"Origin": "https://shop.example"}).headers

