"""HTTP/2 as clients that are not ours speak it, in plain text by prior knowledge and under TLS by ALPN."""

import json
import re
import subprocess

import pytest
from certificates import Authority
from souk_process import ANSWER_SECONDS_MAX

TLS_URL = re.compile(r"https://[\d.]+:\d+")


@pytest.fixture(scope="module")
def authority(new_folder):
    made = Authority(new_folder())
    made.issue("server")
    return made


@pytest.fixture(scope="module")
def shop(start_shop, authority):
    return start_shop(*authority.arguments("server"))


@pytest.fixture(params=["h2c", "h2"])
def url(request, shop):
    if request.param == "h2c":
        return shop.souk.url
    return TLS_URL.search(shop.souk.out.read_text()).group(0)


def run(*command):
    return subprocess.run([*map(str, command)], capture_output=True, text=True, check=True,
                          timeout=ANSWER_SECONDS_MAX).stdout


def curl(url, authority, *arguments):
    version = "--http2" if url.startswith("https") else "--http2-prior-knowledge"
    return run("curl", "-sS", version, "--cacert", authority.file, *arguments, url)


def test_curl_reads_and_writes_over_http2(shop, url, authority):
    seen = curl(f"{url}/api/products", authority, "-w", "\n%{http_version} %{http_code}")
    body, answered = seen.rsplit("\n", 1)
    assert answered == "2 200"
    assert json.loads(body)["items"]
    refused = curl(f"{url}/api/sessions", authority, "-H", "Content-Type: application/json", "-d",
                   '{"email": "nobody@example.com", "password": "correct horse battery"}', "-w", " %{http_version}")
    assert refused.endswith(" 2") and '"code"' in refused


def test_nghttp_asks_for_several_resources_at_once(url):
    paths = ["/api/products", "/api/categories", "/nowhere", "/healthz", "/openapi.json"]
    seen = run("nghttp", "--no-verify-peer", "--null-out", "--stat", *(url + path for path in paths))
    found = {path: status for status, path in re.findall(r"(\d{3}) +\S+ +(/\S+)$", seen, re.MULTILINE)}
    assert found == {path: "404" if path == "/nowhere" else "200" for path in paths}


def test_h2load_is_answered_whatever_it_asks_at_once(url):
    seen = run("h2load", "-n", 3000, "-c", 8, "-m", 32, f"{url}/api/products")
    assert "3000 total, 3000 started, 3000 done, 3000 succeeded, 0 failed, 0 errored" in seen
    assert "status codes: 3000 2xx" in seen
