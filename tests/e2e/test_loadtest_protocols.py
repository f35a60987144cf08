"""The load tester over every protocol that a shop speaks: no request fails, and the books add up."""

import json
import re

import pytest
from certificates import Authority
from souk_process import operator_url, run_souk

HTTPS_ADDRESS = re.compile(r"https://[\d.]+:\d+")
SECONDS = 3


@pytest.fixture(scope="module")
def authority(new_folder):
    made = Authority(new_folder())
    made.issue("server")
    return made


@pytest.fixture(scope="module")
def shop_of_all_protocols(start_shop, authority):
    return start_shop(*authority.arguments("server"), "--http3")


@pytest.mark.parametrize("scheme, http", [("http", "1.1"), ("http", "2"), ("https", "1.1"), ("https", "2"),
                                          ("https", "3")])
def test_a_load_test_runs_over(shop_of_all_protocols, authority, new_folder, scheme, http):
    shop = shop_of_all_protocols
    url = shop.souk.url if scheme == "http" else HTTPS_ADDRESS.search(shop.souk.out.read_text()).group(0)
    report = new_folder() / "report.json"
    streams = [] if http == "1.1" else ["--streams", "5"]
    done = run_souk("loadtest", "run", "normal_load", "--url", url, "--cacert", authority.file, "--http", http, *streams,
                    "--users", "10", "--duration", f"{SECONDS}s", "--ramp-up", "0s", "--think-time", "5ms",
                    "--tokens", shop.souk.folder / "tokens.txt", "--database-url", shop.database_url,
                    "--operator-url", operator_url(shop.souk.url), "--json", report)
    read = json.loads(report.read_text())
    assert read["plan"]["http"] == http
    assert read["all"]["errors"] == 0, done.stdout
    assert read["all"]["answers"] >= 10, done.stdout
    assert read["generator"]["connections"] == (10 if http == "1.1" else 2), done.stdout
    assert "audit: clean" in done.stdout, done.stdout


def test_http3_needs_https(shop_of_all_protocols):
    shop = shop_of_all_protocols
    done = run_souk("loadtest", "run", "normal_load", "--url", shop.souk.url, "--http", "3",
                    "--tokens", shop.souk.folder / "tokens.txt")
    assert done.returncode == 2
    assert "--http 3 needs an https:// address" in done.stderr
