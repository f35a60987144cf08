"""Databases not configured for Souk: unusual defaults, poolers, few connections, other owners."""

import contextlib
import os
import re
import subprocess
import time
import urllib.parse

import psycopg2
import pytest
from conftest import DEMO, Shop
from contract import Market
from haproxy import free_port
from pgbouncer import PgBouncer
from postgres_server import PostgresServer
from souk_process import Souk, run_souk, wait_until

READS = 30


def fill(database, folder):
    """Migrates and seeds a database; returns the admin's token."""
    sizes = [part for name, count in DEMO.items() for part in (f"--{name}", count)]
    for command in (["migrate"], ["seed", *sizes, "--admin-token", folder / "admin.txt"]):
        done = run_souk(*command, environment=os.environ | {"DATABASE_URL": database}, cwd=folder)
        assert done.returncode == 0, done.stdout + done.stderr
    return (folder / "admin.txt").read_text().strip()


@contextlib.contextmanager
def served(database, redis, folder, token, *arguments, query_url=None):
    folder.mkdir(exist_ok=True)
    with Souk("serve", "--set", "telemetry.server_timing=true", "--set", "statistics.max_delay=100ms", *arguments,
              folder=folder, environment={"DATABASE_URL": database, "REDIS_URL": redis}) as souk:
        yield Shop(souk, query_url or database, token)


def cache_hits(shop):
    text = shop.souk.client().get("/metrics").text
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
               if re.match(r'souk_cache_hits_total\{.*level="memory"', line))


def expect_a_working_shop(shop):
    """Reads are cached, changes are visible, an order can be placed, and its jobs run."""
    market = Market(shop)
    product = market.product(units=5, name="東京 Überraschung")
    path = f"/api/products/{product['id']}"

    def is_a_hit():  # only when every transaction of the cluster that began before the change has ended
        seen = cache_hits(shop)
        return market.anonymous.get(path).status_code == 200 and cache_hits(shop) > seen

    def are_hits():  # on a busy machine some values are not confirmed in time, and read again
        before = cache_hits(shop)
        for _ in range(READS):
            assert market.anonymous.get(path).json()["name"] == "東京 Überraschung"
        return cache_hits(shop) - before >= READS * 0.8

    wait_until(is_a_hit, "a hit")
    wait_until(are_hits, "hits")
    customer = market.customer()
    assert market.order(customer, product, quantity=2).status_code == 201
    assert market.stock(product)["available"] == 3
    wait_until(lambda: shop.query("SELECT count(*) FROM outbox") == [(0,)], shop.souk.said)
    assert "東京 Überraschung" in [item["name"] for item in market.anonymous.get("/api/products").json()["items"]]
    for typed in ("京", "uberrasch", "überraschnug"):
        found = market.anonymous.get("/api/products", params={"q": typed, "sort": "newest"}).json()["items"]
        assert "東京 Überraschung" in [item["name"] for item in found], typed


@pytest.fixture(scope="module")
def filled(new_database, new_folder):
    """A database with the demo data, and its admin's token; tests must restore its defaults."""
    database = new_database()
    return database, fill(database, new_folder())


DEFAULTS = {
    "serializable": {"default_transaction_isolation": "serializable", "default_transaction_deferrable": "on"},
    "repeatable read": {"default_transaction_isolation": "'repeatable read'"},
    "read only": {"default_transaction_read_only": "on"},
    "impatient": {"statement_timeout": "'20ms'", "lock_timeout": "'1ms'",
                  "idle_in_transaction_session_timeout": "'1ms'", "idle_session_timeout": "'2s'"},
    "compiled": {"jit": "on", "jit_above_cost": "0", "jit_inline_above_cost": "0", "jit_optimize_above_cost": "0",
                 "plan_cache_mode": "force_custom_plan"},
    "another planner": {"enable_indexscan": "off", "enable_nestloop": "off", "enable_sort": "off",
                        "work_mem": "'64kB'", "geqo_threshold": "2"},
    "elsewhere": {"search_path": "nowhere", "TimeZone": "'Asia/Tokyo'", "DateStyle": "'SQL, DMY'",
                  "IntervalStyle": "iso_8601", "bytea_output": "escape", "extra_float_digits": "'-10'",
                  "client_encoding": "LATIN1", "standard_conforming_strings": "off", "row_security": "off",
                  "client_min_messages": "error", "gin_fuzzy_search_limit": "1", "synchronous_commit": "off"},
}


@pytest.mark.parametrize("defaults", DEFAULTS)
def test_a_databases_own_defaults_change_nothing(filled, servers, tmp_path, defaults):
    database, token = filled
    name = psycopg2.extensions.parse_dsn(database)["dbname"]

    def alter(*actions):
        connection = psycopg2.connect(servers[0])
        connection.autocommit = True
        with connection.cursor() as cursor:
            for action in actions:
                cursor.execute(f"ALTER DATABASE {name} {action}")
        connection.close()

    alter(*(f"SET {setting} = {value}" for setting, value in DEFAULTS[defaults].items()))
    # The test's own connections override these defaults.
    mine = ("default_transaction_read_only=off", "search_path=public", "statement_timeout=0", "jit=off",
            "idle_in_transaction_session_timeout=0")
    own = database + "&options=" + urllib.parse.quote(" ".join(f"-c {setting}" for setting in mine))
    try:
        with served(database, servers[1], tmp_path, token, query_url=own) as shop:
            expect_a_working_shop(shop)
    finally:
        alter("RESET ALL")


@pytest.mark.parametrize("provider", ["LOCALE_PROVIDER icu ICU_LOCALE 'de-AT'", "LOCALE 'C'"])
def test_lists_and_cursors_keep_their_order_under_other_collations(servers, tmp_path, provider):
    name = f"collated_{os.getpid()}"
    connection = psycopg2.connect(servers[0])
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0 {provider}")
    database = f"{servers[0]}&dbname={name}"
    try:
        token = fill(database, tmp_path)
        with psycopg2.connect(database) as names, names.cursor() as cursor:  # names that each collation orders differently
            cursor.execute("UPDATE products SET name = CASE get_byte(uuid_send(id), 15) % 3 WHEN 0 THEN lower(name) "
                           "WHEN 1 THEN 'Ä' || name ELSE name END")
        names.close()
        with served(database, servers[1], tmp_path, token) as shop:
            expect_a_working_shop(shop)
            client = shop.anonymous()
            whole = client.get("/api/products?limit=100").json()
            ids, path = [], "/api/products?limit=7"
            while path and len(ids) < 100:
                page = client.get(path).json()
                ids += [item["id"] for item in page["items"]]
                path = page["nextCursor"] and f"/api/products?limit=7&cursor={page['nextCursor']}"
            assert ids[:100] == [item["id"] for item in whole["items"]]
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
        connection.close()


@pytest.mark.slow
def test_a_server_of_few_connections_serves_over_tls(servers, tmp_path):
    """Debian's own certificate is self-signed, too: sslmode=require encrypts, and asks for no more."""
    server = PostgresServer("fsync=off", "max_connections=25", "superuser_reserved_connections=3")
    try:
        key, certificate = server.data / "server.key", server.data / "server.crt"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=localhost"],
                       check=True, capture_output=True)
        for file in (key, certificate):
            os.chmod(file, 0o600)
            os.chown(file, server.data.stat().st_uid, server.data.stat().st_gid)
        port = free_port()
        server.stop()
        server.settings += ("ssl=on", "listen_addresses=127.0.0.1", f"port={port}")
        server.start()
        server.url += f"&port={port}"
        database = f"postgresql://souk@127.0.0.1:{port}/postgres?sslmode=require"
        token = fill(database, tmp_path)
        with served(database, servers[1], tmp_path, token, query_url=server.url) as shop:
            expect_a_working_shop(shop)
            encrypted = shop.query("SELECT count(*) FILTER (WHERE ssl), count(*) FILTER (WHERE NOT ssl) FROM "
                                   "pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name LIKE 'souk%%'")
            assert encrypted[0][0] > 5 and encrypted[0][1] == 0
            begun = time.monotonic()
            clients = [shop.anonymous() for _ in range(40)]
            for client in clients:
                assert client.get("/api/products?q=lamp").status_code == 200
            assert time.monotonic() - begun < 60
    finally:
        server.remove()


def test_a_pooler_that_keeps_sessions_is_as_good_as_none(filled, servers, tmp_path):
    database, token = filled
    with PgBouncer(database, "session") as pooler, \
            served(pooler.url, servers[1], tmp_path, token, query_url=database) as shop:
        expect_a_working_shop(shop)


@pytest.mark.parametrize("command", [["migrate"], ["serve", "--port", "0", "--set", "payments.manual=true"]],
                         ids=lambda command: command[0])
@pytest.mark.parametrize("pool_mode", ["transaction", "statement"])
@pytest.mark.parametrize("order", [{}, {"server_round_robin": 1}])
def test_a_pooler_that_lends_sessions_for_a_transaction_is_refused(filled, servers, tmp_path, command, pool_mode,
                                                                   order):
    with PgBouncer(filled[0], pool_mode, **order) as pooler:
        done = run_souk(*command, environment=os.environ | {"DATABASE_URL": pooler.url, "REDIS_URL": servers[1]},
                        cwd=tmp_path)
    assert done.returncode == 1
    assert "pool_mode = session" in done.stderr


APPLICATION_GRANTS = """
CREATE ROLE {role} LOGIN;
GRANT USAGE ON SCHEMA public TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role};
"""


def test_a_role_that_owns_nothing_serves_with_the_documented_grants(filled, servers, tmp_path):
    database, token = filled
    role = f"shop_app_{os.getpid()}"
    owner = psycopg2.connect(database)
    owner.autocommit = True
    with owner.cursor() as cursor:
        cursor.execute(APPLICATION_GRANTS.format(role=role))
    try:
        with served(database.replace("souk@", f"{role}@"), servers[1], tmp_path, token, query_url=database) as shop:
            expect_a_working_shop(shop)
            log = shop.souk.log.read_text()
        assert "permission denied" not in log
    finally:
        with owner.cursor() as cursor:
            cursor.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")
        owner.close()


def test_orders_scan_no_table_that_was_small_when_their_plans_were_made(servers, new_database, tmp_path):
    """Plans are kept, those of foreign keys too: a new shop's first rush would read all its orders for each line."""
    database = new_database()
    token = fill(database, tmp_path)
    with served(database, servers[1], tmp_path / "shop", token, "--set", "checkout.max_open_orders_per_user=0",
                "--set", "checkout.max_open_units_per_user=0") as shop:
        connection = psycopg2.connect(database)
        connection.autocommit = True
        connection.cursor().execute("VACUUM ANALYZE orders")
        connection.close()
        market = Market(shop)
        customer, product = market.customer(), market.product(units=READS)

        def looks():
            return shop.query("SELECT seq_scan, idx_scan FROM pg_stat_user_tables WHERE relname = 'orders'")[0]

        scans, by_index = looks()
        for _ in range(READS):
            assert market.order(customer, product, quantity=1).status_code == 201
        wait_until(lambda: sum(looks()) >= scans + by_index + READS, "the server's statistics")
        assert looks()[0] < scans + READS
