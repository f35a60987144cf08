"""Backup of a `souk up` shop to one file, and its restore."""

import os
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest
from souk_process import Souk, run_souk, wait_until

SEED = ["seed", "--products", "30", "--users", "5", "--orders", "20"]


def url_of(data):
    return f"postgresql://souk@/souk?host={data}/postgres"


def query(data, sql):
    with psycopg2.connect(url_of(data)) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


def souk(*arguments, status=0):
    done = run_souk(*arguments, environment=os.environ)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def data(tmp_path, new_folder):
    return new_folder() / "data"


def up(data, tmp_path):
    return Souk("up", "--empty", "--data", data, folder=tmp_path)


def test_a_backup_beside_the_running_shop_brings_it_back_later(data, tmp_path):
    file = tmp_path / "shop.backup"
    with up(data, tmp_path) as shop:
        souk(*SEED, "--database-url", url_of(data), "--tokens", tmp_path / "tokens", "--admin-token", tmp_path / "admin")
        souk("backup", file, "--data", data)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert list(tmp_path.glob("shop.backup.*")) == []
        orders = query(data, "SELECT count(*) FROM orders")
        kept = file.read_bytes()
        assert "is there already" in souk("backup", file, "--data", data, status=1)
        assert file.read_bytes() == kept
        assert "in use by another souk" in souk("restore", file, "--replace", "--data", data, status=1)

        query(data, "UPDATE products SET name = 'Changed since'")
        assert shop.client().get("/api/products").json()["items"][0]["name"] == "Changed since"
    assert "holds a shop already" in souk("restore", file, "--data", data, status=1)
    souk("restore", file, "--replace", "--data", data)
    with up(data, tmp_path) as shop:
        assert query(data, "SELECT count(*) FROM orders") == orders
        assert query(data, "SELECT datname FROM pg_database WHERE datname LIKE 'souk%'") == [("souk",)]
        assert shop.client().get("/api/products").json()["items"][0]["name"] != "Changed since"


def test_a_backup_of_a_stopped_shop_fills_a_new_folder(data, tmp_path, place):
    file, other = tmp_path / "shop.backup", place / "other"
    assert "is not a data folder" in souk("backup", file, "--data", data, status=1)
    with up(data, tmp_path):
        souk(*SEED, "--database-url", url_of(data), "--tokens", tmp_path / "tokens", "--admin-token", tmp_path / "admin")
        users = query(data, "SELECT id FROM users ORDER BY id")
    souk("backup", file, "--data", data)
    assert "auditing" in souk("restore", file, "--data", other)
    with up(other, tmp_path):
        assert query(other, "SELECT id FROM users ORDER BY id") == users


def test_what_is_no_backup_or_does_not_add_up_replaces_nothing(data, tmp_path):
    file = tmp_path / "shop.backup"
    file.write_text("CREATE TABLE t ()")
    assert "is not a backup" in souk("restore", file, "--data", data, status=1)
    with up(data, tmp_path):
        souk(*SEED, "--database-url", url_of(data), "--tokens", tmp_path / "tokens", "--admin-token", tmp_path / "admin")
        query(data, "UPDATE stock_movements SET on_hand = on_hand + 1")
        souk("backup", file, "--replace", "--data", data)
        query(data, "UPDATE stock_movements SET on_hand = on_hand - 1")
    said = souk("restore", file, "--replace", "--data", data, status=1)
    assert "stock_unexplained: 30" in said
    file.write_bytes(file.read_bytes()[:-2000])
    assert "pg_restore failed" in souk("restore", file, "--replace", "--data", data, status=1)
    with up(data, tmp_path):
        assert query(data, "SELECT sum(on_hand) FROM stock_movements") == query(
            data, "SELECT sum(quantity) FROM product_stocks")


def as_the_superuser(data, sql):
    with psycopg2.connect(f"postgresql://postgres@/postgres?host={data}/postgres") as connection:
        connection.autocommit = True
        connection.cursor().execute(sql)


def test_what_a_crash_left_behind_is_no_running_shop(data, tmp_path):
    with up(data, tmp_path):
        pass
    stale = data / "postgres" / "postmaster.pid"
    with subprocess.Popen(["/bin/true"]) as ended:
        stale.write_text(f"{ended.pid}\n/nowhere\n")
    os.chown(stale, stale.parent.stat().st_uid, stale.parent.stat().st_gid)
    souk("backup", tmp_path / "shop.backup", "--data", data)
    assert not stale.exists()


def test_two_backups_at_once_into_one_file_both_succeed(data, tmp_path):
    file = tmp_path / "shop.backup"
    waiting = ("SELECT count(*) FROM pg_stat_activity "
               "WHERE application_name = 'pg_dump' AND wait_event_type = 'Lock'")
    with up(data, tmp_path), ThreadPoolExecutor() as pool:
        with psycopg2.connect(url_of(data)) as holder:
            holder.cursor().execute("LOCK TABLE products")
            both = [pool.submit(souk, "backup", file, "--replace", "--data", data) for _ in range(2)]
            wait_until(lambda: query(data, waiting) == [(2,)], "both to wait")
        for done in both:
            done.result()
    assert list(tmp_path.glob("shop.backup*")) == [file]


def test_a_restore_that_cannot_drop_what_was_before_has_succeeded(data, tmp_path):
    file = tmp_path / "shop.backup"
    with up(data, tmp_path):
        souk("backup", file, "--data", data)
        as_the_superuser(data, "UPDATE pg_database SET datistemplate = true WHERE datname = 'souk'")
    (data / "loadtest-tokens.txt").write_text("of the shop that was")
    said = souk("restore", file, "--replace", "--data", data)
    assert "left behind as souk_before_restore" in said
    assert not (data / "loadtest-tokens.txt").exists()
    with up(data, tmp_path):
        assert query(data, "SELECT datname FROM pg_database WHERE datname LIKE 'souk%' ORDER BY 1") == [
            ("souk",), ("souk_before_restore",)]


# `data/backup.log` once had pg_restore's output: a rejected row with a password's hash in it.
def test_no_file_tells_what_was_in_a_row_that_cannot_be_restored(data, tmp_path):
    file = tmp_path / "shop.backup"
    with up(data, tmp_path):
        souk(*SEED, "--database-url", url_of(data), "--tokens", tmp_path / "tokens", "--admin-token", tmp_path / "admin")
        query(data, "ALTER TABLE users ADD CHECK (current_database() = 'souk')")
        souk("backup", file, "--data", data)
        told = [value for row in query(data, "SELECT email, password_hash, name FROM users") for value in row]
    done = run_souk("restore", file, "--replace", "--data", data)
    assert done.returncode == 1
    assert 'violates check constraint "users_check"' in done.stderr
    texts = [done.stdout, done.stderr] + [path.read_text() for path in data.rglob("*")
                                          if path.is_file() and data / "postgres" not in path.parents]
    assert not [value for value in told if any(value in text for text in texts)]
    with up(data, tmp_path):
        assert query(data, "SELECT count(*) FROM users") == [(6,)], "nothing was replaced"
