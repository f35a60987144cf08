"""https:// as real clients see it, certificates that change, and addresses that need it."""

import json
import os
import re
import secrets
import signal
import socket
import ssl
import subprocess
import threading

import pytest
from certificates import Authority
from souk_process import ANSWER_SECONDS_MAX, Souk, run_souk, wait_until

TLS_ADDRESS = re.compile(r"https://([\d.]+):(\d+)")
VERSIONS = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}


@pytest.fixture(scope="module")
def authority(new_folder):
    made = Authority(new_folder())
    made.issue("server")
    return made


@pytest.fixture(scope="module")
def secure_shop(start_shop, authority):
    staple = authority.folder / "server.ocsp"
    authority.issue("rsa", is_rsa=True)
    authority.issue("other", ["*.shop.example"])
    authority.staple(staple.name, authority.issue("server"))
    return start_shop(*authority.arguments("server", "rsa", "other"), "--set", f"tls.ocsp={staple}",
                      "--set", "tls.hsts=1h")


def tls_port(souk):
    return int(TLS_ADDRESS.search(souk.out.read_text()).group(2))


def tls_url(souk):
    return f"https://127.0.0.1:{tls_port(souk)}"


def context_of(authority, version="TLSv1.3"):
    context = ssl.create_default_context(cafile=authority.file)
    context.minimum_version = context.maximum_version = VERSIONS[version]
    return context


def exchange(port, context, session=None, path="/healthz"):
    """One request on a connection of its own: (answer, peer's serial number, session, whether it was resumed)."""
    with socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS_MAX) as plain, \
            context.wrap_socket(plain, server_hostname="localhost", session=session) as peer:
        peer.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        answer = bytearray()
        while piece := peer.recv(65536):
            answer += piece
        return bytes(answer), peer.getpeercert()["serialNumber"], peer.session, peer.session_reused


def s_client(port, authority, *arguments, text=""):
    return subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-CAfile", authority.file,
                           "-verify_return_error", *arguments], input=text, capture_output=True, text=True,
                          timeout=ANSWER_SECONDS_MAX, check=False)


def curl(*arguments):
    return subprocess.run(["curl", "-sS", *map(str, arguments)], capture_output=True, text=True,
                          timeout=ANSWER_SECONDS_MAX, check=False)


@pytest.mark.parametrize("version", VERSIONS)
def test_clients_that_know_the_authority_are_served(secure_shop, authority, version):
    answer, *_ = exchange(tls_port(secure_shop.souk), context_of(authority, version))
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\nStrict-Transport-Security: max-age=3600\r\n" in answer
    found = curl("--cacert", authority.file, "--tls-max", version[4:], f"--{version.lower()}",
                 tls_url(secure_shop.souk) + "/api/products?limit=2")
    assert len(json.loads(found.stdout)["items"]) == 2, found.stderr


def test_a_client_that_does_not_know_the_authority_is_counted_with_its_reason(secure_shop):
    refused = curl(tls_url(secure_shop.souk) + "/healthz")
    assert refused.returncode != 0
    wait_until(lambda: re.search(r'^souk_http_tls_handshake_failures_total\{reason="client_alert"\} [1-9]',
                                 secure_shop.anonymous().get("/metrics").text, re.MULTILINE), "no alert was counted")


@pytest.mark.parametrize(("arguments", "said"), [
    (["-tls1_2"], "Cipher is ECDHE-ECDSA-AES128-GCM-SHA256"),
    (["-tls1_3"], "Cipher is TLS_AES_128_GCM_SHA256"),
    (["-tls1_2", "-cipher", "ECDHE-RSA-AES256-GCM-SHA384"], "Cipher is ECDHE-RSA-AES256-GCM-SHA384"),
    (["-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256"], "TLS_CHACHA20_POLY1305_SHA256"),
    (["-alpn", "http/1.1"], "ALPN protocol: http/1.1"),
    (["-alpn", "spdy/1"], "no application protocol"),
    (["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"], "alert protocol version"),
    (["-tls1_2", "-cipher", "AES128-SHA"], "handshake failure"),
    (["-groups", "P-256"], "Server Temp Key: ECDH, prime256v1"),
    (["-servername", "www.shop.example"], "subject=CN = *.shop.example"),
    (["-servername", "unknown.example"], "subject=CN = localhost"),
    (["-status"], "OCSP Response Status: successful"),
    (["-servername", "www.shop.example", "-status"], "OCSP response: no response sent"),
])
def test_what_is_negotiated(secure_shop, authority, arguments, said):
    done = s_client(tls_port(secure_shop.souk), authority, *arguments)
    assert said in done.stdout + done.stderr


def test_a_client_cannot_renegotiate(secure_shop, authority):
    done = s_client(tls_port(secure_shop.souk), authority, "-tls1_2", text="R\n")
    assert "no renegotiation" in done.stderr


def test_plain_text_on_the_port_of_tls_is_answered_400(secure_shop):
    found = curl("-i", f"http://127.0.0.1:{tls_port(secure_shop.souk)}/healthz")
    assert found.stdout.startswith("HTTP/1.1 400 ")
    assert "https://" in found.stdout


@pytest.mark.parametrize("version", VERSIONS)
def test_a_session_is_resumed_on_another_node_and_by_keys_that_were_replaced(start_shop, authority, version):
    keys = authority.folder / "tickets"
    first, second = secrets.token_bytes(80), secrets.token_bytes(80)
    authority.replace(keys.name, first)
    arguments = [*authority.arguments("server"), "--set", f"tls.ticket_keys={keys}", "--set", "runtime.workers=2"]
    nodes = [start_shop(*arguments).souk for _ in range(2)]
    context = context_of(authority, version)
    _, _, session, resumed = exchange(tls_port(nodes[0]), context)
    assert not resumed
    assert exchange(tls_port(nodes[1]), context, session)[3]

    authority.replace(keys.name, second + first)
    for node in nodes:
        node.process.send_signal(signal.SIGHUP)
        wait_until(lambda node=node: "tls_reloaded" in node.log.read_text(), node.said)
    assert exchange(tls_port(nodes[1]), context, session)[3]
    authority.replace(keys.name, second)
    nodes[1].process.send_signal(signal.SIGHUP)
    wait_until(lambda: not exchange(tls_port(nodes[1]), context, session)[3], nodes[1].said)


class Load:
    """Requests on new connections, and on one that stays open, until the block ends; all must succeed."""

    def __init__(self, port, context):
        self.port, self.context = port, context
        self.stop = threading.Event()
        self.serials = []
        self.failures = []
        self.threads = [threading.Thread(target=self._run, args=[one]) for one in (self._new, self._kept)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def _run(self, load):
        try:
            load()
        except Exception as error:  # pylint: disable=broad-exception-caught
            self.failures.append(error)

    def _new(self):
        while not self.stop.is_set():
            answer, serial, *_ = exchange(self.port, self.context, path="/api/products?limit=1")
            assert answer.startswith(b"HTTP/1.1 200 "), answer
            self.serials.append(serial)

    def _kept(self):
        with socket.create_connection(("127.0.0.1", self.port), timeout=ANSWER_SECONDS_MAX) as plain, \
                self.context.wrap_socket(plain, server_hostname="localhost") as peer:
            while not self.stop.is_set():
                peer.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert peer.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_a_certificate_is_changed_under_load_and_a_broken_one_is_not_taken(start_shop, authority):
    before = authority.issue("changing")
    shop = start_shop(*authority.arguments("changing"))
    with Load(tls_port(shop.souk), context_of(authority)) as load:
        wait_until(lambda: load.serials or load.failures, shop.souk.said)
        assert int(load.serials[0], 16) == before.serial_number
        after = authority.issue("changing")
        wait_until(lambda: load.failures or int(load.serials[-1], 16) == after.serial_number, shop.souk.said)

        authority.replace("changing.pem", b"-----BEGIN CERTIFICATE-----\nbroken\n")
        wait_until(lambda: "tls_reload_refused" in shop.souk.log.read_text(), shop.souk.said)
        seen = len(load.serials)
        wait_until(lambda: load.failures or len(load.serials) > seen + 3, shop.souk.said)
        assert int(load.serials[-1], 16) == after.serial_number
    assert load.failures == []
    metrics = shop.anonymous().get("/metrics").text
    # A look between the writing of the key and of the certificate is refused, too.
    assert 'souk_tls_reloads_total{result="refused"} 0' not in metrics
    assert 'souk_tls_reloads_total{result="done"} 1' in metrics
    expiry = float(re.search(r"^souk_tls_certificate_expiry_timestamp_seconds (\S+)", metrics, re.MULTILINE).group(1))
    assert expiry == after.not_valid_after.replace(tzinfo=__import__("datetime").timezone.utc).timestamp()


def serve(shop, folder, *arguments):
    return run_souk("serve", "--port", "0", *arguments, cwd=folder, environment=environment(shop))


def environment(shop):
    return os.environ | {"DATABASE_URL": shop.database_url, "REDIS_URL": "", "SOUK_PAYMENTS_SANDBOX": "true"}


@pytest.mark.parametrize(("arguments", "setting"), [
    (["--address", "0.0.0.0"], "http.address"),
    (["--set", "operator.address=0.0.0.0"], "operator.address"),
])
def test_plain_text_is_not_offered_to_other_hosts_unless_that_is_said(shop, new_folder, arguments, setting):
    refused = serve(shop, new_folder(), *arguments)
    assert refused.returncode == 2
    assert setting in refused.stderr
    assert "--tls-certificate" in refused.stderr
    assert "--plaintext" in refused.stderr
    with Souk("serve", *arguments, "--plaintext", folder=new_folder(), environment=environment(shop)) as souk:
        assert souk.client().get("/api/products?limit=1").status_code == 200


def test_plain_text_is_redirected_on_an_address_that_other_hosts_reach(shop, authority, new_folder):
    with Souk("serve", "--address", "0.0.0.0", *authority.arguments("server"), folder=new_folder(),
              environment=environment(shop)) as souk:  # its /readyz is answered in plain text
        target = "/api/products?limit=1"
        found = souk.client().session.get(souk.url + target, allow_redirects=False)
        assert (found.status_code, found.headers["Location"]) == (308, tls_url(souk) + target)
        assert "Strict-Transport-Security" not in found.headers
        posted = souk.client().session.post(souk.url + "/api/sessions", json={}, allow_redirects=False)
        assert posted.status_code == 308
        assert curl("--cacert", authority.file, "-L", "-o", "/dev/null", "-w", "%{http_code}",
                    souk.url + target).stdout == "200"


@pytest.mark.parametrize(("break_it", "said"), [
    (lambda authority: authority.replace("wrong.key", b""), "wrong.key"),
    (lambda authority: authority.replace("wrong.pem", b"no certificate"), "wrong.pem"),
    (lambda authority: authority.replace("wrong.key", (authority.folder / "server.key").read_bytes()),
     "key values mismatch"),
])
def test_a_start_with_a_broken_certificate_says_what_is_wrong(shop, authority, new_folder, break_it, said):
    authority.issue("wrong")
    break_it(authority)
    refused = serve(shop, new_folder(), *authority.arguments("wrong"))
    assert refused.returncode == 1
    assert said in refused.stderr


def test_commands_reach_a_shop_by_https(secure_shop, authority):
    souk = secure_shop.souk
    token = souk.folder / "operator.txt"
    token.write_text(secure_shop.admin_token)
    listed = run_souk("jobs", "list", "--url", tls_url(souk), "--token-file", token, "--cacert", authority.file,
                      cwd=souk.folder)
    assert listed.returncode == 0, listed.stderr
    loaded = run_souk("loadtest", "run", "normal_load", "--url", tls_url(souk), "--cacert", authority.file, "--users", "3",
                      "--duration", "1s", "--think-time", "20ms", "--no-audit", "--tokens", souk.folder / "tokens.txt",
                      "--json", souk.folder / "load.json", cwd=souk.folder)
    assert loaded.returncode in (0, 1), loaded.stderr  # its verdict is of the machine's speed
    total = json.loads((souk.folder / "load.json").read_text())["all"]
    assert (total["answers"] > 0, total["errors"]) == (True, 0), loaded.stdout
    untrusted = run_souk("jobs", "list", "--url", tls_url(souk), "--operator-url", tls_url(souk), "--token-file", token,
                         cwd=souk.folder)
    assert untrusted.returncode == 1
    assert "certificate" in untrusted.stderr
