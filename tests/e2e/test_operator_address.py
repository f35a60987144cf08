"""Metrics, readiness reasons, jobs and cache are only for operators, on a separate address."""

import os
import re

import pytest
from haproxy import free_port
from souk_process import OPERATOR_PATHS, Souk, operator_url, run_souk, wait_until


def environment(shop):
    return os.environ | {"DATABASE_URL": shop.database_url, "REDIS_URL": "", "SOUK_PAYMENTS_SANDBOX": "true"}


def jobs_of(url, shop, folder, *arguments, **settings):
    token = folder / "operator.txt"
    token.write_text(shop.admin_token)
    return run_souk("jobs", "list", "--url", url, "--token-file", token, *arguments,
                    environment=os.environ | settings, cwd=folder)


@pytest.mark.parametrize("path", [*OPERATOR_PATHS, "/api/cache/entries/categories", "/api/jobs/dead"])
def test_the_shops_port_knows_nothing_of_what_is_for_operators(shop, path):
    assert shop.admin().session.get(shop.souk.url + path).status_code == 404


def test_customers_are_told_that_a_shop_is_ready_but_not_why(shop):
    customer, operators = shop.anonymous().get("/readyz"), shop.anonymous().reasons()
    assert (customer.status_code, customer.json()) == (200, {"status": "ready"})
    assert (operators.status_code, operators.json()["dependencies"]["postgresql"]) == (200, "up")


def test_operators_read_which_settings_are_not_the_defaults_and_no_secret(shop):
    answer = shop.anonymous().get("/settings")
    assert answer.status_code == 200
    settings = answer.json()["settings"]
    assert settings["payments.sandbox"] == "true" and settings["database.url"] == "[redacted]"
    assert "http.drain_timeout" not in settings  # a default
    assert answer.json()["workers"] >= 1
    assert shop.database_url not in answer.text


def test_the_operators_address_serves_no_shop_and_only_this_machine(shop):
    client = shop.anonymous()
    assert client.session.get(client.operator_url + "/api/products").status_code == 404
    assert client.session.get(client.operator_url + "/healthz").json() == {"status": "ok"}
    port = operator_url(shop.souk.url).rsplit(":", 1)[1]
    with open("/proc/net/tcp", encoding="ascii") as table:
        addresses = {line.split()[1] for line in table if line.split()[1].endswith(f":{int(port):04X}")}
    assert {address.split(":")[0] for address in addresses} == {"0100007F"}


def test_two_nodes_on_one_host_each_have_theirs_and_commands_find_it(shop, new_folder):
    with Souk("serve", folder=new_folder(), environment=environment(shop)) as other:
        for souk in (shop.souk, other):
            found = jobs_of(souk.url, shop, souk.folder)
            assert found.returncode == 0, found.stderr
            assert "items" in found.stdout
            assert f"operators on {operator_url(souk.url)}" in souk.out.read_text()
        assert operator_url(other.url) != operator_url(shop.souk.url)


def test_requests_are_counted_by_their_priority(shop):
    shop.anonymous().get("/api/products")
    text = shop.anonymous().get("/metrics").text
    assert re.search(r'^souk_http_requests_total\{method="GET",route="/api/products",priority="list",status="200"\}',
                     text, re.MULTILINE)


def test_an_operators_port_can_be_set_and_is_found_by_the_same_setting(shop, new_folder):
    folder = new_folder()
    port = shop.souk.port  # a port already in use
    taken = run_souk("serve", "--port", "0", "--set", f"operator.port={port}", environment=environment(shop), cwd=folder)
    assert taken.returncode == 1
    assert f"127.0.0.1 port {port} is in use" in taken.stderr and "operator.port" in taken.stderr
    same = run_souk("serve", "--port", "9000", "--set", "operator.port=9000", environment=environment(shop), cwd=folder)
    assert (same.returncode, same.stderr) == (2, "souk: operator.port must be another than http.port (9000)\n")

    free = free_port()
    with Souk("serve", "--set", f"operator.port={free}", folder=folder, environment=environment(shop)) as souk:
        wait_until(lambda: jobs_of(souk.url, shop, folder, SOUK_OPERATOR_PORT=str(free)).returncode == 0, souk.said)
        assert jobs_of(souk.url, shop, folder).returncode == 1
        assert jobs_of(souk.url, shop, folder, "--operator-url", f"http://127.0.0.1:{free}").returncode == 0
