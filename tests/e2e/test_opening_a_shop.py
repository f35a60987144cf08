"""docs/opening-a-shop.md: its commands, one after the other, on a PostgreSQL as Debian configures it."""

import json
import os
import re
import subprocess

import psycopg2
import pytest
from postgres_server import BINARIES, PostgresServer
from souk_process import BINARY, ROOT

WALK_SECONDS_MAX = 300
DOCUMENT = (ROOT / "docs" / "opening-a-shop.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", DOCUMENT, re.DOTALL | re.MULTILINE)
# The served shop ends with the script, whose folder is the test's.
BEGIN = """set -euo pipefail
trap 'kill $(jobs -p); wait' EXIT
"""
# The port is one that the shop has chosen; the walk ends if the shop does.
FIND_SHOP = "until SHOP=$(grep -oP '^Souk serves \\Khttp[^ ,]+' serve.out); do kill -0 $!; sleep 0.1; done"


class UntunedServer(PostgresServer):
    """A new cluster as initdb makes it, fsync included."""

    def initialise(self):
        subprocess.run([BINARIES / "initdb", "-D", self.data, "-U", "souk", "--auth=trust"], check=True,
                       stdout=subprocess.DEVNULL, cwd="/", **self.user)


@pytest.fixture(scope="module")
def server():
    made = UntunedServer()
    try:
        yield made
    finally:
        made.remove()


def script(server):
    """The document's commands, with the places of the test's server and shop instead of the document's."""
    text = BEGIN + "\n".join(f"echo '## {number}'\n{block}" for number, block in enumerate(BLOCKS, 1))
    for written, here in (("sudo -u postgres psql -c", f"psql '{server.url}' -c"),
                          ("@127.0.0.1/shop'", f"@/shop?host={server.folder}'"),
                          ("@127.0.0.1/shop_copy'", f"@/shop_copy?host={server.folder}'"),
                          ("souk serve --port 8080 --set payments.manual=true",
                           "souk serve --port 0 --set payments.manual=true > serve.out 2> serve.log &"),
                          ("SHOP=http://127.0.0.1:8080", FIND_SHOP)):
        assert written in text, written
        text = text.replace(written, here)
    return text


def query(server, database, sql):
    connection = psycopg2.connect(f"postgresql://souk@/{database}?host={server.folder}")
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()
    finally:
        connection.close()


def test_the_commands_of_the_document_lead_to_a_paid_order_and_a_copy_of_the_shop(server, new_folder):
    folder, unset = new_folder(), ("DATABASE_URL", "REDIS_URL")
    environment = {name: value for name, value in os.environ.items()
                   if name not in unset and not name.startswith("PG")}
    (folder / "bin").mkdir()
    (folder / "bin" / "souk").symlink_to(BINARY)
    environment["PATH"] = f"{folder / 'bin'}:{environment['PATH']}"
    walk = subprocess.run(["bash", "-c", script(server)], cwd=folder, env=environment,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=WALK_SECONDS_MAX,
                          check=False)
    log = folder / "serve.log"
    said = f"{walk.stdout}\n{walk.stderr}\n{log.read_text() if log.exists() else ''}"
    assert walk.returncode == 0, said
    for database in ("shop", "shop_copy"):
        assert query(server, database, "SELECT o.status, o.total, o.refunded, p.status FROM orders o "
                                       "JOIN payments p ON p.order_id = o.id") == [
            ("shipped", 2580, 1290, "captured")]
        assert query(server, database, "SELECT slug, name FROM categories ORDER BY id") == [
            ("tea", "Tea"), ("green-tea", "Green teas"), ("tea-pots", "Tea pots"), ("herbal-teas", "Herbal teas")]
        assert query(server, database, "SELECT c.slug, count(*), sum(s.quantity) FROM products p "
                                       "JOIN categories c ON c.id = category_id "
                                       "LEFT JOIN product_stocks s ON s.product_id = p.id "
                                       "WHERE sku LIKE 'TEA-%' GROUP BY slug ORDER BY slug") == [
            ("green-tea", 400, sum(n % 30 for n in range(1, 501) if n % 5)),
            ("herbal-teas", 100, sum(n % 30 for n in range(1, 501) if n % 5 == 0))]
        assert query(server, database, "SELECT email, role FROM users ORDER BY id") == [
            ("owner@shop.example", "admin"), ("grace@example.com", "customer")]
    imports = [line for line in walk.stdout.splitlines() if " rows: " in line]
    assert imports == ["dry run, nothing is written; 500 rows: 500 created, 0 updated, 0 unchanged, 0 refused; "
                       "new categories: 1",
                       "500 rows: 500 created, 0 updated, 0 unchanged, 0 refused; new categories: 1",
                       "500 rows: 0 created, 0 updated, 500 unchanged, 0 refused"], said
    report = walk.stdout.split("## ")[-2]
    assert "1290" in report, said
    levels = {json.loads(line)["level"] for line in log.read_text().splitlines()}
    assert "error" not in levels, said
    for secret in ("owner.password", "grace.password"):
        assert (folder / secret).read_text().strip() not in said
