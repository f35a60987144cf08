"""souk catalog: exports, and imports of what they wrote."""

import codecs
import os

import psycopg2
import pytest
from souk_process import run_souk

ROWS = """sku,name,description,category,price,currency,isActive,stock
=1,"Kettle, copper","Holds
1.5 litres",Kitchen/Kettles,19.99,EUR,true,20
A-2,'Tis a pan,,Kitchen,5,JPY,FALSE,0
B,Bowl,,kitchen,0.05,EUR,true,3
"""


@pytest.fixture
def new_shop(new_database, tmp_path):
    """Returns a function that runs `souk catalog` with an empty shop's database."""
    def make():
        database = new_database()
        environment = os.environ | {"DATABASE_URL": database}
        assert run_souk("migrate", environment=environment, cwd=tmp_path).returncode == 0
        with psycopg2.connect(database) as connection, connection.cursor() as cursor:
            cursor.execute("INSERT INTO categories (id, name, slug) VALUES (gen_random_uuid(), 'Kitchen', 'kitchen')")
            cursor.execute("INSERT INTO categories (id, parent_id, name, slug) "
                           "SELECT gen_random_uuid(), id, 'Kettles', 'kettles' FROM categories")
        return lambda *arguments: run_souk("catalog", *arguments, environment=environment, cwd=tmp_path)
    return make


@pytest.mark.parametrize("kind", ["csv", "ndjson"])
def test_an_export_goes_into_an_empty_shop_and_comes_out_the_same(new_shop, tmp_path, kind):
    (tmp_path / "rows.csv").write_text(ROWS)
    first, second = new_shop(), new_shop()
    done = first("import", "rows.csv")
    assert done.returncode == 0 and "3 rows: 3 created" in done.stdout, done.stdout + done.stderr
    assert first("export", f"a.{kind}").returncode == 0
    assert "3 created" in second("import", f"a.{kind}").stdout
    assert second("export", f"b.{kind}").returncode == 0
    exported = (tmp_path / f"a.{kind}").read_bytes()
    assert exported == (tmp_path / f"b.{kind}").read_bytes()
    assert exported.count(b"\n") >= 3
    assert "3 unchanged" in first("import", f"b.{kind}").stdout
    assert first("export", f"c.{kind}", "--bom").returncode == 0
    assert (tmp_path / f"c.{kind}").read_bytes() == (codecs.BOM_UTF8 if kind == "csv" else b"") + exported
    assert "3 unchanged" in first("import", f"c.{kind}").stdout


def test_bad_rows_are_printed_and_end_with_a_failure(new_shop, tmp_path):
    (tmp_path / "rows.csv").write_text("sku,name,category,price,currency\nA,A,Kitchen,1,EUR\nB,B,Garden,1,EUR\n")
    souk = new_shop()
    tried = souk("import", "rows.csv", "--dry-run")
    assert tried.returncode == 1
    assert tried.stdout.splitlines() == [
        "row 3, SKU B, category: there is no such category",
        "dry run, nothing is written; 2 rows: 1 created, 0 updated, 0 unchanged, 1 refused"]
    assert "2 rows: 1 created" in souk("import", "rows.csv").stdout
    assert souk("import", "rows.csv").stdout.splitlines()[-1] == \
        "2 rows: 0 created, 0 updated, 1 unchanged, 1 refused"


def test_a_file_that_is_none_is_refused(new_shop, tmp_path):
    souk = new_shop()
    assert "cannot read" in souk("import", "nothing.csv").stderr
    (tmp_path / "bad.csv").write_text("name\nA\n")
    refused = souk("import", "bad.csv")
    assert refused.returncode == 1 and "no column sku" in refused.stderr
