"""`souk certify --against`: the form of the comparison, and what counts as a good answer of another make's shop.

No other shop is installed here: `bench/rivals` runs real ones. The server below answers in the wire format of Vendure
3.7.3 and Medusa 2.21.2, copied from what they answered, to find errors that look like success.
"""

import http.server
import json
import os
import re
import subprocess
import threading

import pytest
from souk_process import BINARY, run_souk

SECONDS_MAX = 600
PRODUCTS = 60
WORDS = ("amber", "harbor", "nickel")
# GraphQL's errors are answered 200.
FAILED = {"errors": [{"message": "error.entity-with-id-not-found", "path": ["search"],
                      "extensions": {"code": "ENTITY_NOT_FOUND"}}], "data": None}
NO_KEY = {"type": "not_allowed", "message": "Publishable API key required in the request header: x-publishable-api-key."}


def found(numbers):
    items = [{"productId": str(i), "productName": f"{' '.join(WORDS)} {i}", "slug": f"product-{i}", "sku": f"SKU-{i}",
              "description": "For every day.", "collectionIds": ["2"], "currencyCode": "USD",
              "priceWithTax": {"min": 595, "max": 595}} for i in numbers]
    return {"data": {"search": {"totalItems": PRODUCTS, "items": items}}}


def vendure(query, variables, refuse_searches):
    if "products(options" in query:
        skip = int(re.search(r"skip:(\d+)", query)[1])
        return {"data": {"products": {"items": [
            {"id": str(i), "name": f"{' '.join(WORDS)} {i}", "variants": [{"id": str(i)}]}
            for i in range(skip + 1, PRODUCTS + 1)]}}}
    if "collections(options" in query:
        return {"data": {"collections": {"items": [{"id": "2", "name": "Category 0"}] * ("skip:0" in query)}}}
    if "activeShippingMethods" in query:
        return {"data": {"activeShippingMethods": [{"id": "1"}]}}
    if "activePaymentMethods" in query:
        return {"data": {"activePaymentMethods": [{"code": "invoice"}]}}
    if "availableCountries" in query:
        return {"data": {"availableCountries": [{"code": "DE"}]}}
    if "addItemToOrder" in query:
        return {"data": {"addItemToOrder": {"id": "1"}, "addPaymentToOrder": {"code": "KKMPQJ1QK1S24HH2",
                                                                             "state": "PaymentSettled"}}}
    if "product(id" in query:
        return {"data": {"product": {"id": variables["p"], "name": "amber", "slug": "product-1"}}}
    if "term" in query and refuse_searches():
        return FAILED
    return found(range(1, 21))


class Rival(http.server.ThreadingHTTPServer):
    """Refuses every search after the first when `refuses` is set; `asked` counts the requests."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, refuses):
        super().__init__(("127.0.0.1", 0), Answers)
        self.refuses, self.asked, self.searches, self.lock = refuses, 0, 0, threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def refuse_search(self):
        with self.lock:
            self.searches += 1
            return self.refuses and self.searches > 1  # the first is the rehearsal's


class Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body):
        with self.server.lock:
            self.server.asked += 1
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self):
        self.answer(400, NO_KEY)

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.answer(200, vendure(asked["query"], asked.get("variables", {}), self.server.refuse_search))

    def log_message(self, *_):
        pass


@pytest.fixture
def rival():
    made = []

    def start(refuses=False):
        made.append(Rival(refuses))
        return made[-1]

    yield start
    for server in made:
        server.shutdown()
        server.server_close()


def against(folder, url, *arguments):
    place = folder / "place"
    place.mkdir()
    place.chmod(0o1777)  # a Souk of root becomes another user
    return subprocess.run(
        [BINARY, "certify", "--against", url, "--for", "1m", "--users", "2", "--in", place, *arguments,
         folder / "certificate.json"],
        cwd=folder, env=os.environ | {"SOUK_ADMISSION_ENABLED": "false"}, text=True, capture_output=True,
        timeout=SECONDS_MAX)


def test_both_shops_get_the_same_mix_and_errors_with_status_200_are_no_success(rival, new_folder):
    folder, shop = new_folder(), rival(refuses=True)
    done = against(folder, shop.url, "--driver", "vendure", "--max-requests", "50000")
    assert done.returncode in (0, 1), done.stderr
    assert list((folder / "place").iterdir()) == [], "its folder is left behind"
    assert shop.asked <= 50_000 + 100, "the limit of requests is not kept"
    certificate = json.loads((folder / "certificate.json").read_text())["certificate"]
    assert f"claims, fixed now (SHA-256 {certificate['claimsSha256']})" in done.stderr
    assert "list by price range: the default search does not filter by price" in certificate["method"]
    # The same kinds of requests at both, each with its requests in the report.
    kinds = {row["kind"] for row in certificate["raw"]["mix"] if row["share"] > 0}
    assert kinds == {"list", "list by category", "list sorted by price", "search", "next page", "product", "order"}
    for side in ("Souk", "Vendure"):
        runs = [certificate["raw"][f"{load}.{i}.{side}"] for load in ("closed", "open") for i in range(1, 11)]
        asked = {endpoint["name"] for run in runs for endpoint in run["endpoints"] if endpoint["requests"] > 0}
        assert kinds <= asked, side
    # Every search was refused, nothing else was; that is counted and not judged.
    for endpoint in (each for i in range(1, 11) for each in certificate["raw"][f"open.{i}.Vendure"]["endpoints"]):
        refused = endpoint["errorsByKind"]["protocol"]
        assert refused == (endpoint["requests"] if endpoint["name"] == "search" else 0), endpoint["name"]
    findings = {finding["id"]: finding for finding in certificate["findings"]}
    assert [claim["id"] for claim in certificate["claims"]] == list(findings)
    assert re.search(r"Vendure, not judged: [1-9]\d* of \d+", findings["failures"]["note"]), findings["failures"]
    # A busy machine may keep Souk from answering one of many thousands; a tenth of them were searches.
    assert findings["failures"]["measured"] < 0.001
    assert re.search(r"[\d.]+ \([\d.]+ to [\d.]+\) times: Souk", findings["throughput"]["note"])
    verified = run_souk("certify", "verify", folder / "certificate.json")
    assert verified.returncode == done.returncode
    assert "WRONG" not in verified.stdout


def test_a_shop_that_does_not_answer_like_its_make_is_not_loaded(rival, new_folder):
    shop = rival()
    done = against(new_folder(), shop.url, "--driver", "medusa")
    assert done.returncode == 3, done.stderr
    assert "Publishable API key required" in done.stderr
    assert shop.asked == 1


@pytest.mark.parametrize(("arguments", "said"), [
    (["--against", "http://127.0.0.1:1", "x.json"], "--driver"),
    (["--against", "http://127.0.0.1:1", "--driver", "amazon", "x.json"], "--driver"),
    (["--against", "http://127.0.0.1:1", "--driver", "vendure"], "FILE"),
    (["--against", "http://127.0.0.1:1", "--driver", "vendure", "--for", "2h", "x.json"], "--for: must be 1m to 60m"),
    (["--driver", "vendure", "x.json"], "--against"),
    ([], "a command is missing"),
])
def test_a_wrong_option_is_refused_before_anything_is_started(arguments, said, new_folder):
    done = run_souk("certify", *arguments, cwd=new_folder())
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
