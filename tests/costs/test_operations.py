"""What the hottest operations cost: instructions, allocations, system calls, statements, rows and bytes of each.

tests/costs/operations.tsv has what is known. A change that costs more, or less, says so there:

    SOUK_WRITE_COSTS=1 tools/with-servers /usr/bin/python3 -m pytest tests/costs
"""

import os
import pathlib

import pytest
from costs import Cost, differences, read_costs, write_costs
from measuring import measure, seed

FILE = pathlib.Path(__file__).with_name("operations.tsv")
RUNS_MAX = 3  # what a busy machine adds is not there each time; what a change costs is


@pytest.mark.slow
def test_operations_cost_what_is_committed(servers, new_database, new_folder):
    for _ in range(RUNS_MAX):
        database, folder = new_database(), new_folder()
        seed(database, folder)
        measured = measure(database, servers[1], folder)
        if os.environ.get("SOUK_WRITE_COSTS"):
            write_costs(FILE, measured)
        moved = differences(read_costs(FILE), measured)
        if not moved:
            return
    pytest.fail("\n".join(["", *moved]))


def test_any_figure_that_is_two_percent_away_is_named():
    committed = {"a": Cost(41_230, 0, 3, 1, 20, 900), "b": Cost(1_000), "gone": Cost()}
    assert differences(committed, {"a": Cost(42_000, 0.1, 3.4, 1, 20, 918), "b": Cost(981), "gone": Cost()}) == []
    assert differences(committed, {"a": Cost(42_470, 1, 4, 1, 20, 880), "b": Cost(970), "new": Cost()}) == [
        "a: instructions 41,230 -> 42,470, +3.0%", "a: allocations 0 -> 1", "a: system calls 3 -> 4, +33.3%",
        "a: bytes 900 -> 880, -2.2%", "b: instructions 1,000 -> 970, -3.0%", "new: has no committed costs",
        "gone: is not measured any more"]
