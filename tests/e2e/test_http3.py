"""HTTP/3 as ngtcp2's own client sees it, beside https:// on the same port."""

import re
import ssl
import subprocess

import pytest
from certificates import Authority
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from souk_process import ANSWER_SECONDS_MAX, run_souk, wait_until

TLS_ADDRESS = re.compile(r"https://(\S+):(\d+)")


@pytest.fixture(scope="module")
def authority(new_folder):
    made = Authority(new_folder())
    made.issue("server")
    return made


@pytest.fixture(scope="module")
def shop_over_quic(start_shop, authority):
    return start_shop(*authority.arguments("server"), "--http3", "--set", "runtime.workers=2")


@pytest.fixture(scope="module")
def shop_on_all_addresses(start_shop, authority):
    return start_shop(*authority.arguments("server"), "--http3", "--set", "http.address=::")


def port_of(shop):
    return int(TLS_ADDRESS.search(shop.souk.out.read_text()).group(2))


def fetch(shop, path, *arguments, host="127.0.0.1"):
    """The output of ngtcp2's client: header fields and bodies as they arrive."""
    port = port_of(shop)
    done = subprocess.run(["gtlsclient", "--exit-on-all-streams-close", *arguments, host, str(port),
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


def serial_over_tcp(shop):
    pem = ssl.get_server_certificate(("127.0.0.1", port_of(shop)))
    return x509.load_pem_x509_certificate(pem.encode()).serial_number


def test_files_that_only_one_library_takes_change_neither_protocol(start_shop, authority):
    """TLS over TCP took them, with "the old files stay in use" in the log."""
    before = authority.issue("both")
    shop = start_shop(*authority.arguments("both"), "--http3")
    authority.issue("both", curve=ec.SECP256K1)  # GnuTLS does not have that curve
    wait_until(lambda: "tls_reload_refused" in shop.souk.log.read_text(), shop.souk.said)
    assert serial_over_tcp(shop) == before.serial_number
    assert "[:status: 200]" in fetch(shop, "/healthz")
    after = authority.issue("both")
    wait_until(lambda: serial_over_tcp(shop) == after.serial_number, shop.souk.said)
    assert "[:status: 200]" in fetch(shop, "/healthz")


def test_refused_files_are_tried_again_without_a_change_of_theirs(start_shop, authority):
    authority.issue("forbidden")
    shop = start_shop(*authority.arguments("forbidden"), "--http3")
    hidden = authority.folder / "forbidden.pem.new"
    after = authority.issue("other")
    hidden.write_bytes((authority.folder / "other.pem").read_bytes())
    hidden.chmod(0)
    authority.replace("forbidden.key", (authority.folder / "other.key").read_bytes())
    hidden.rename(authority.folder / "forbidden.pem")
    wait_until(lambda: "forbidden.pem: Permission denied" in shop.souk.log.read_text(), shop.souk.said)
    (authority.folder / "forbidden.pem").chmod(0o644)
    wait_until(lambda: serial_over_tcp(shop) == after.serial_number, shop.souk.said)
    assert shop.anonymous().get("/metrics").text.count("souk_tls_reloads_total") > 0


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_both_families_are_served_on_one_port(shop_on_all_addresses, authority, host):
    port = port_of(shop_on_all_addresses)
    literal = f"[{host}]" if ":" in host else host
    secure = subprocess.run(["curl", "-sS", "--cacert", authority.file, "--resolve", f"localhost:{port}:{literal}",
                             f"https://localhost:{port}/healthz"], capture_output=True, text=True,
                            timeout=ANSWER_SECONDS_MAX, check=True).stdout
    assert '"status"' in secure
    assert "[:status: 200]" in fetch(shop_on_all_addresses, "/healthz", host=host)


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
