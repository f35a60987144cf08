"""Has a shop become slower? Two shops on one database are loaded in turn, or one is compared with a saved baseline."""

import pytest
from far_database import far_database
from souk_process import Souk, run_souk

COMPARISONS_MAX = 5
REPEATS = ["--repeats", "10", "--duration", "700ms", "--warm-up", "100ms", "--users", "5", "--think-time", "2ms",
           "--mix", "list=1,product=1"]


@pytest.fixture(scope="module")
def shop(start_shop):
    return start_shop()


@pytest.fixture(scope="module")
def uncached(shop, new_folder):
    """Another shop, slower in any weather: nothing is cached, and its database is 100 ms away."""
    with far_database(shop.database_url, seconds=0.1) as url:
        with Souk("serve", "--database-url", url, "--set", "cache.max_memory=0B", folder=new_folder()) as souk:
            yield souk


def baseline(action, where, shop, url):
    return run_souk("loadtest", "baseline", action, where, "normal_load", "--url", url, "--tokens",
                    shop.souk.folder / "tokens.txt", "--database-url", shop.database_url, *REPEATS)


def compare(base, shop, url):
    """Compares until the machine is steady enough for a verdict."""
    for _ in range(COMPARISONS_MAX):
        compared = baseline("compare", base, shop, url)
        assert compared.returncode in (0, 1), compared.stdout + compared.stderr
        if "differ too much to tell" not in line_of(compared, "all p50"):
            break
    return compared


def line_of(compared, name):
    return next(line for line in compared.stdout.splitlines() if line.startswith(name))


def test_a_slower_shop_is_found_and_a_faster_one_is_no_failure(shop, uncached):
    slower = compare(shop.souk.url, shop, uncached.url)
    assert slower.returncode == 1, slower.stdout + slower.stderr
    line = line_of(slower, "all p50")
    assert "slower by " in line and line.endswith("WORSE")
    faster = compare(uncached.url, shop, shop.souk.url)
    assert faster.returncode == 0, faster.stdout
    assert "WORSE" not in faster.stdout and "faster by " in faster.stdout


def test_a_saved_baseline_is_compared(shop, uncached, new_folder):
    file = new_folder() / "base.json"
    saved = baseline("save", file, shop, shop.souk.url)
    assert saved.returncode == 0, saved.stderr
    compared = compare(file, shop, uncached.url)
    assert compared.returncode == 1, compared.stdout
    assert "was measured at another time" in compared.stdout
    file.write_text("{}")
    refused = baseline("compare", file, shop, shop.souk.url)
    assert refused.returncode == 2
    assert "not a file of `souk loadtest baseline save`" in refused.stderr
