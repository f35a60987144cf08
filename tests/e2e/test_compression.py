"""Content codings as clients see them: responses made for one request, exports while they are made, and request bodies."""

import gzip
import json
import subprocess
import zlib

import pytest
from conftest import PASSWORD
from souk_process import ANSWER_SECONDS_MAX, Client

CODINGS = ["gzip", "br", "zstd"]


def curl(url, *arguments):
    """The decoded body, by another implementation of all codings."""
    return subprocess.run(["curl", "-sS", "--compressed", *arguments, url], capture_output=True, check=True,
                          timeout=ANSWER_SECONDS_MAX).stdout


def raw(client, method, path, coding, **more):
    """A response whose `raw_body` was not decoded."""
    answer = client.request(method, path, headers={"Accept-Encoding": coding}, stream=True, **more)
    answer.raw_body = answer.raw.read(decode_content=False)
    return answer


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("path", ["/openapi.json", "/metrics", "/api/orders"])
def test_what_is_made_for_one_request_is_compressed_too(market, path, coding):
    customer = market.customer()
    product = market.product()
    for _ in range(4):
        assert market.order(customer, product).status_code == 201
    client = Client(customer.url, customer.session.headers["Authorization"].split()[1])
    answer = raw(client, "GET", path, coding)
    assert (answer.status_code, answer.headers["Content-Encoding"]) == (200, coding)
    assert answer.headers["Vary"] == "Accept-Encoding"
    if path != "/metrics":  # its numbers change
        plain = client.get(path, headers={"Accept-Encoding": "identity"})
        assert len(answer.raw_body) < len(plain.content) / 2
        assert curl(client.url + path, "-H", f"Accept-Encoding: {coding}",
                    "-H", f"Authorization: {client.session.headers['Authorization']}") == plain.content
    else:
        assert b"souk_http_requests_total" in curl(client.operator_url + path, "-H", f"Accept-Encoding: {coding}")


def test_a_tag_of_any_coding_is_one_of_the_content(market):
    client = market.shop.anonymous()
    tags = {raw(client, "GET", "/openapi.json", coding).headers["ETag"] for coding in [*CODINGS, "identity"]}
    assert len(tags) == 4
    for tag in tags:
        answer = client.get("/openapi.json", headers={"If-None-Match": tag, "Accept-Encoding": "zstd"})
        assert (answer.status_code, answer.headers["ETag"], answer.content) == (304, tag, b"")
        assert "Content-Encoding" not in answer.headers
    head = client.request("HEAD", "/openapi.json", headers={"Accept-Encoding": "br"})
    assert (head.status_code, head.headers["Content-Encoding"], head.content) == (200, "br", b"")


def test_an_answer_with_a_token_is_never_compressed(market):
    customer = market.customer()
    long_name = "Ada " * 45  # the answer is well above compression.min_bytes
    assert customer.patch("/api/users/me", {"name": long_name.strip()}).status_code == 200
    credentials = json.dumps({"email": customer.email, "password": PASSWORD})
    answer = market.shop.anonymous().request("POST", "/api/sessions", data=credentials, headers={
        "Accept-Encoding": "gzip, br, zstd", "Content-Type": "application/json"})
    assert answer.status_code == 201
    assert "Content-Encoding" not in answer.headers
    assert "token" in answer.json()


@pytest.mark.parametrize("coding", CODINGS)
def test_an_export_is_compressed_while_it_is_made(market, coding):
    client = market.shop.admin()
    path = "/api/orders/export"
    fields = ["-H", f"Authorization: {client.session.headers['Authorization']}", "-H", "Accept: application/x-ndjson"]
    answer = client.request("GET", path, headers={"Accept-Encoding": coding, "Accept": "application/x-ndjson"}, stream=True)
    packed = answer.raw.read(decode_content=False)
    assert (answer.headers["Content-Encoding"], answer.headers["Transfer-Encoding"]) == (coding, "chunked")
    text = curl(client.url + path, "-H", f"Accept-Encoding: {coding}", *fields)
    assert len(packed) < len(text) / 2
    orders = [json.loads(line) for line in text.decode().splitlines()]
    assert len(orders) >= 100


def test_the_first_rows_of_an_export_can_be_read_before_the_last_are_made(market):
    client = market.shop.admin()
    answer = client.request("GET", "/api/orders/export", stream=True,
                            headers={"Accept-Encoding": "gzip", "Accept": "application/x-ndjson"})
    decoder = zlib.decompressobj(wbits=31)
    piece = next(answer.raw.read_chunked(decode_content=False))
    first = decoder.decompress(piece)
    assert first.count(b"\n") >= 1 and not decoder.eof
    json.loads(first.splitlines()[0])
    answer.close()


def registration(market, data, coding):
    return market.shop.anonymous().request("POST", "/api/users", data=data, headers={
        "Content-Type": "application/json", "Content-Encoding": coding})


def test_a_body_may_come_compressed(market):
    body = json.dumps({"email": "compressed@example.com", "password": PASSWORD, "name": "A Customer"}).encode()
    assert registration(market, gzip.compress(body)[:-1], "gzip").status_code == 400
    assert registration(market, gzip.compress(body) + b"x", "gzip").status_code == 400
    made = registration(market, gzip.compress(body), "gzip")
    assert (made.status_code, made.json()["email"]) == (201, "compressed@example.com")


def test_a_body_that_inflates_too_far_is_refused(market):
    bomb = gzip.compress(b" " * 1_000_000)
    assert len(bomb) < 2_000
    answer = registration(market, bomb, "gzip")
    assert (answer.status_code, answer.json()["code"]) == (413, "request_too_large")


def test_another_coding_is_refused_with_those_that_are_read(market):
    answer = registration(market, zlib.compress(b"{}"), "deflate")
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert answer.headers["Accept-Encoding"] == "gzip, br, zstd"
