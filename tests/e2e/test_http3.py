"""HTTP/3 as ngtcp2's own client sees it, beside https:// on the same port."""

import re
import subprocess

import pytest
from certificates import Authority
from souk_process import ANSWER_SECONDS_MAX, run_souk, wait_until

TLS_ADDRESS = re.compile(r"https://([\d.]+):(\d+)")


@pytest.fixture(scope="module")
def authority(new_folder):
    made = Authority(new_folder())
    made.issue("server")
    return made


@pytest.fixture(scope="module")
def shop_over_quic(start_shop, authority):
    return start_shop(*authority.arguments("server"), "--http3", "--set", "runtime.workers=2")


def port_of(shop):
    return int(TLS_ADDRESS.search(shop.souk.out.read_text()).group(2))


def fetch(shop, path, *arguments):
    """The output of ngtcp2's client: header fields and bodies as they arrive."""
    port = port_of(shop)
    done = subprocess.run(["gtlsclient", "--exit-on-all-streams-close", *arguments, "127.0.0.1", str(port),
                           f"https://localhost:{port}{path}"], capture_output=True, timeout=ANSWER_SECONDS_MAX,
                          check=False)
    return (done.stdout + done.stderr).decode(errors="replace")


def test_the_api_is_served_over_http3(shop_over_quic):
    output = fetch(shop_over_quic, "/api/products?limit=2")
    assert "[:status: 200]" in output
    assert '"items":[{' in output


def test_a_post_over_http3_is_answered(shop_over_quic, new_folder):
    body = new_folder() / "body.json"
    body.write_text('{"email": "nobody@example.com", "password": "a wrong password"}')
    output = fetch(shop_over_quic, "/api/sessions", "-d", str(body), "-m", "POST")
    assert re.search(r"\[:status: 4\d\d\]", output)
    assert '"code":' in output


def test_browsers_learn_of_it_over_https_only(shop_over_quic, authority):
    port = port_of(shop_over_quic)
    secure = subprocess.run(["curl", "-sS", "-i", "--cacert", authority.file, f"https://localhost:{port}/healthz"],
                            capture_output=True, text=True, timeout=ANSWER_SECONDS_MAX, check=True).stdout
    assert f'alt-svc: h3=":{port}"; ma=86400' in secure.lower()
    plain = shop_over_quic.anonymous().get("/healthz")
    assert "Alt-Svc" not in plain.headers


def test_it_goes_on_when_the_certificate_changes(shop_over_quic, authority):
    authority.issue("server")
    wait_until(lambda: "tls_reloaded" in shop_over_quic.souk.log.read_text(), shop_over_quic.souk.said)
    assert "[:status: 200]" in fetch(shop_over_quic, "/healthz")


def test_its_requests_are_counted_with_all_others(shop_over_quic):
    fetch(shop_over_quic, "/api/products?limit=1")
    text = shop_over_quic.anonymous().get("/metrics").text
    assert re.search(r'^souk_http3_handshakes_total\{kind="full"\} [1-9]', text, re.MULTILINE)
    assert re.search(r'^souk_http_requests_total\{[^}]*route="/api/products"[^}]*status="200"\} [1-9]', text,
                     re.MULTILINE)


def test_it_needs_a_certificate():
    done = run_souk("serve", "--http3")
    assert done.returncode != 0
    assert "http3.enabled needs a certificate: see tls.certificate" in done.stderr
