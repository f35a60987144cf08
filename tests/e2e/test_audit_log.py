"""The audit log: who signed in, and what administrators asked for."""

import csv
import io
import json

import psycopg2
import pytest
from conftest import PASSWORD
from contract import Market, pages


def entries(market, **filters):
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    return [entry for page in pages(market.admin, f"/api/audit-log?{query}") for entry in page["items"]]


def admin_id(market):
    return market.admin.get("/api/users/me").json()["id"]


def test_a_sign_in_leaves_a_row_at_once(market):
    customer = market.customer()
    credentials = {"email": customer.email, "password": PASSWORD}
    assert market.anonymous.post("/api/sessions", credentials).status_code == 201
    found = entries(market, user=customer.user["id"])
    assert [(entry["action"], entry["subject"]) for entry in found] == [("signIn", "/api/sessions")] * 2


def test_failed_sign_ins_are_counted_and_recorded_also_when_souk_ends(start_shop):
    shop = start_shop("--set", "telemetry.server_timing=true")
    market = Market(shop)
    customer = market.customer()
    wrong = {"email": customer.email, "password": "a wrong password"}
    assert [market.anonymous.post("/api/sessions", wrong).status_code for _ in range(3)] == [401] * 3
    assert market.anonymous.post("/api/sessions", wrong | {"email": "nobody@example.com"}).status_code == 401
    shop.souk.stop()
    rows = shop.query("SELECT user_id, subject, times FROM audit_log WHERE action = 'signInFailed' ORDER BY times")
    assert rows == [(None, "/api/sessions", 1), (customer.user["id"], "/api/sessions", 3)]


def test_an_administrators_change_leaves_a_row_and_a_customers_none(market):
    product = market.product()
    path = f"/api/products/{product['id']}"
    assert market.admin.patch(path, {"name": "Audited"}).status_code == 200
    customer = market.customer()
    assert customer.patch(path, {"name": "Not audited"}).status_code == 403
    market.admin.get(path)
    found = [entry for entry in entries(market, action="changeProduct") if entry["subject"] == path]
    assert [entry["userId"] for entry in found] == [admin_id(market)]
    assert market.anonymous.get(path).json()["name"] == "Audited"


def test_it_is_filtered_and_paged_without_gaps(market):
    customer = market.customer()
    for _ in range(4):
        market.anonymous.post("/api/sessions", {"email": customer.email, "password": PASSWORD})
    every = entries(market, user=customer.user["id"])
    assert len(every) == 5
    assert [entry["at"] for entry in every] == sorted((entry["at"] for entry in every), reverse=True)
    assert entries(market, user=customer.user["id"], limit=2) == every
    assert entries(market, user=customer.user["id"], action="changeProduct") == []
    third = every[2]["at"]
    assert entries(market, user=customer.user["id"], **{"from": third}) == every[:3]
    assert entries(market, user=customer.user["id"], to=third) == every[3:]
    assert market.admin.get("/api/audit-log?cursor=nonsense").json()["code"] == "invalid_request"


def test_it_is_exported_whole(market):
    customer = market.customer()
    market.shop.query("INSERT INTO audit_log "
                      "SELECT ('018f0000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, "
                      "'2024-04-21', %s, 'test', '=1+1,\"x\"', '' FROM generate_series(1, 1100) n",
                      (customer.user["id"],))
    path = f"/api/audit-log/export?user={customer.user['id']}"
    admin = market.shop.admin()
    array = admin.get(path).json()
    assert len({entry["id"] for entry in array}) == 1101
    lines = admin.get(path, headers={"Accept": "application/x-ndjson"}).text.splitlines()
    assert [json.loads(line) for line in lines] == array
    rows = list(csv.DictReader(io.StringIO(admin.get(path, headers={"Accept": "text/csv"}).text)))
    assert len(rows) == 1101
    assert {row["subject"] for row in rows} == {"'=1+1,\"x\"", "/api/sessions"}
    assert rows[0]["userId"] == customer.user["id"]


@pytest.mark.parametrize("statement", [
    "UPDATE audit_log SET action = 'nothing'", "DELETE FROM audit_log", "TRUNCATE audit_log"])
def test_the_database_lets_rows_be_added_only(market, statement):
    market.customer()
    before = market.shop.query("SELECT count(*) FROM audit_log")
    with pytest.raises(psycopg2.errors.IntegrityConstraintViolation, match="append-only"):
        market.shop.query(statement)
    assert market.shop.query("SELECT count(*) FROM audit_log") == before


def test_rows_may_go_when_they_are_old(market):
    market.shop.query("INSERT INTO audit_log SELECT gen_random_uuid(), now() - interval '31 days', "
                      "gen_random_uuid(), 'old', '', ''")
    market.shop.query("DELETE FROM audit_log WHERE action = 'old'")
    assert market.shop.query("SELECT count(*) FROM audit_log WHERE action = 'old'") == [(0,)]
