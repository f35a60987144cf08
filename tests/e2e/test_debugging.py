"""What docs/debugging.md tells to do works on a real shop."""

import pathlib
import subprocess

from souk_process import wait_until
from test_cancelled_reads import gated, search, wait_until_running

COROUTINES = pathlib.Path(__file__).resolve().parents[2] / "tools" / "coroutines"


def chains(shop):
    """What tools/coroutines prints: for each chain the functions' last two names, innermost first."""
    printed = subprocess.run([COROUTINES, str(shop.souk.process.pid)], check=True, capture_output=True, text=True)
    return [" ".join("::".join(line.split("::")[-2:]) for line in paragraph.splitlines())
            for paragraph in printed.stdout.split("\n\n")]


def test_the_coroutines_of_a_search_show_what_it_waits_for(start_shop):
    with gated(start_shop) as shop:
        peers = [search(shop, "word") for _ in range(2)]
        wait_until_running(shop, 1)

        def shown():
            found = chains(shop)
            return (any("Pool::run_alone" in chain and "search_store::list Searches::list Catalog::load_page" in chain for chain in found)
                    and any("HybridCache::wait" in chain and "CatalogRoutes::list" in chain for chain in found))

        wait_until(shown, lambda: "\n".join(chains(shop)))
        for peer in peers:
            peer.close()
