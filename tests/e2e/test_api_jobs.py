"""Jobs as operators see them, and periodic jobs."""

import json
import os
import uuid

import pytest
from contract import NOBODY
from souk_process import run_souk, wait_until
from terminal import Terminal

KIND = "test.unheard"  # no node has a handler for it


@pytest.fixture(scope="module")
def busy_shop(start_shop):
    return start_shop("--set", "jobs.housekeeping_interval=1s")


def souk_jobs(shop, *arguments):
    """The output of `souk jobs`; None if it fails."""
    token = shop.souk.folder / "operator.txt"
    token.write_text(shop.admin_token)
    done = run_souk("jobs", *arguments, "--url", shop.souk.url, "--token-file", token, environment=os.environ,
                    cwd=shop.souk.folder)
    if done.returncode != 0:
        return None
    return json.loads(done.stdout) if done.stdout.strip() else {}


def insert_dead_letters(shop, kind, count=1):
    """Inserts dead letters; returns their ids, oldest first."""
    ids = [str(uuid.uuid4()) for _ in range(count)]
    for number, id in enumerate(ids):
        shop.query("INSERT INTO dead_letters VALUES (%s, %s, %s, '{\"orderId\": 1}', now() - interval '1 h', 12, "
                   "now() - interval '1 min' * %s, 'connection refused')", (id, kind, str(uuid.uuid4()), count - number))
    return ids


def of_kind(shop, kind):
    listed = [item for item in souk_jobs(shop, "list")["items"] if item["kind"] == kind]
    return listed[0] if listed else None


def test_an_operator_lists_replays_and_drops_dead_jobs(busy_shop):
    first, second, third = insert_dead_letters(busy_shop, KIND, 3)
    state = of_kind(busy_shop, KIND)
    assert state == {"kind": KIND, "depth": 0, "claimed": 0, "failing": 0, "oldestAgeSeconds": None, "dead": 3}

    dead = souk_jobs(busy_shop, "dead", "--kind", KIND)["items"]
    assert [item["id"] for item in dead] == [third, second, first]
    assert dead[0]["lastError"] == "connection refused"
    assert dead[0]["payload"] == {"orderId": 1}
    assert dead[0]["attempts"] == 12
    assert souk_jobs(busy_shop, "dead", "--kind", "test.none") == {"items": [], "nextCursor": None}

    assert souk_jobs(busy_shop, "drop", first) == {}
    assert souk_jobs(busy_shop, "drop", first) is None
    assert souk_jobs(busy_shop, "replay", second) == {"replayed": 1}
    assert souk_jobs(busy_shop, "replay", second) is None
    state = of_kind(busy_shop, KIND)
    assert (state["depth"], state["dead"]) == (1, 1)
    assert state["oldestAgeSeconds"] >= 3600
    assert busy_shop.query("SELECT id::text, attempt FROM outbox WHERE kind = %s", (KIND,)) == [(second, 0)]

    insert_dead_letters(busy_shop, "test.other")
    assert souk_jobs(busy_shop, "replay", "--kind", "test.other") == {"replayed": 1}
    assert souk_jobs(busy_shop, "replay", "--all") == {"replayed": 1}
    assert souk_jobs(busy_shop, "replay") is None
    assert souk_jobs(busy_shop, "replay", second, "--all") is None
    assert souk_jobs(busy_shop, "dead") == {"items": [], "nextCursor": None}


def test_a_replayed_job_that_has_a_handler_is_run(busy_shop):
    insert_dead_letters(busy_shop, "order.placed", 5)
    assert souk_jobs(busy_shop, "replay", "--kind", "order.placed") == {"replayed": 5}
    wait_until(lambda: of_kind(busy_shop, "order.placed") is None, "the jobs to be done")
    counted = 'souk_jobs_attempts_total{kind="order.placed",outcome="done"} 5'
    wait_until(lambda: counted in busy_shop.anonymous().get("/metrics").text, "the jobs to be counted")


def test_what_is_no_dead_job_is_not_found(busy_shop):
    admin = busy_shop.admin()
    for id in (NOBODY, "nonsense"):
        assert admin.delete(f"/api/jobs/dead/{id}").status_code == 404
        assert admin.post(f"/api/jobs/dead/{id}/replay").status_code == 404
    assert admin.get("/api/jobs/dead?kinds=x").status_code == 422
    assert admin.post("/api/jobs/replays", {"kinds": "x"}).status_code == 422


def test_expired_sessions_and_old_keys_are_cleared_away(busy_shop):
    customer = busy_shop.register()
    order = busy_shop.query("SELECT id FROM orders LIMIT 1")[0][0]
    busy_shop.query("INSERT INTO sessions SELECT sha256(n::text::bytea), %s, now() - interval '2 days', "
                    "now() - interval '1 day' FROM generate_series(1, 250) n", (customer.user["id"],))
    busy_shop.query("INSERT INTO idempotency_keys SELECT %s, n::text, sha256(''), %s, "
                    "now() - interval '1 day' * n FROM generate_series(1, 250) n", (customer.user["id"], order))
    busy_shop.query("INSERT INTO reservations (id, user_id, status, created_at, expires_at) SELECT gen_random_uuid(), "
                    "%s, 'released', now() - interval '1 day' * (n + 1), now() - interval '1 day' * n "
                    "FROM generate_series(1, 250) n", (customer.user["id"],))
    left = ("SELECT (SELECT count(*) FROM sessions WHERE expires_at < now()), (SELECT count(*) FROM idempotency_keys), "
            "(SELECT count(*) FROM reservations)")
    wait_until(lambda: busy_shop.query(left) == [(0, 6, 29)], lambda: str(busy_shop.query(left)))
    assert customer.get("/api/users/me").status_code == 200
    again = "SELECT run > 1 AND last_error IS NULL FROM periodic_jobs WHERE name = 'housekeeping'"
    wait_until(lambda: busy_shop.query(again) == [(True,)], "a second run")


def test_a_shop_that_stops_hands_its_lease_back(start_shop):
    shop = start_shop()
    wait_until(lambda: shop.query("SELECT count(*) FROM job_claimers") == [(1,)], "the node to enlist")
    assert shop.souk.stop() == 0
    assert shop.query("SELECT count(*) FROM job_claimers") == [(0,)]


def test_a_terminal_shows_a_table_and_json_where_it_is_asked_for(busy_shop):
    kind = "test.shown"
    insert_dead_letters(busy_shop, kind)
    token = busy_shop.souk.folder / "operator.txt"
    token.write_text(busy_shop.admin_token)
    asked = ["jobs", "dead", "--kind", kind, "--url", busy_shop.souk.url, "--token-file", str(token)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SOUK_")}
    table = Terminal(environment, *asked)
    assert table.status() == 0
    head, row = table.shown.decode().splitlines()
    assert head.split()[:2] == ["id", "kind"]
    assert row.split()[1] == kind and row.endswith("connection refused")
    shown = Terminal(environment, *asked, "--json")
    assert shown.status() == 0
    assert json.loads(shown.shown)["items"][0]["lastError"] == "connection refused"
    assert souk_jobs(busy_shop, "dead", "--kind", kind)["items"][0]["kind"] == kind
