"""What an order costs through pgbench, one transaction for each, on a schema and with statements that do not change.

Both are those of commit b47879e: its schema is what the first MIGRATIONS of today's migrations make, as migrations are
never changed; its statements are below. A Souk that gets faster, or slower, is measured by the same thing.
"""

import itertools
import json
import pathlib
import random
import re
import subprocess

from order_shop import copy_tables, create_database, sql

ROOT = pathlib.Path(__file__).resolve().parent.parent
PGBENCH = "/usr/lib/postgresql/15/bin/pgbench"
CLIENTS = 16
SCRIPTS = 100  # pgbench takes at most 128
LINES_MAX = 3
MIGRATIONS = 16
# Copied from today's shop, parents first. With no orders the kept plans of the keys would read all that are made.
COPIED = {
    "categories": "id, parent_id, name, slug, position",
    "products": "id, name, description, category_id, price, currency, is_active",
    "product_stocks": "product_id, quantity",
    "users": "id, email, name, password_hash, role, is_active",
    "orders": "id, user_id, status, order_date, total, currency, cancelled_at",
    "order_items": "order_id, line_no, product_id, product_name, quantity, unit_price",
}

# src/checkout of that commit, for one order. pgbench has no arrays, so their elements are written out.
ORDER = """\
\\set key random(1, 9000000000000000000)
BEGIN;
INSERT INTO idempotency_keys (user_id, key, request_hash, order_id)
  SELECT '{user}'::uuid, :key::text, decode(repeat('00', 32), 'hex'), md5(:key::text)::uuid
  ON CONFLICT DO NOTHING RETURNING order_id;
SELECT product_id, quantity, reserved, version FROM product_stocks
  WHERE product_id = ANY('{{{products}}}') AND quantity > 0 ORDER BY product_id FOR UPDATE;
SELECT id, name, price, currency, is_active FROM products WHERE id = ANY('{{{products}}}');
WITH moved AS (SELECT * FROM unnest('{{{products}}}'::uuid[], '{{{taken}}}'::int[])
    m(product_id, on_hand)),
  ledger AS (INSERT INTO stock_movements (product_id, on_hand, reserved, reason, cause_id)
    SELECT product_id, on_hand, 0, 'sold', md5(:key::text)::uuid FROM moved)
  UPDATE product_stocks s SET quantity = s.quantity + m.on_hand, noted = s.noted + 1, version = s.version + 1,
    updated_at = now()
  FROM moved m WHERE s.product_id = m.product_id
  RETURNING s.product_id, s.quantity, s.reserved, s.version, pg_current_xact_id();
WITH placed AS (INSERT INTO orders (id, user_id, status, order_date, total, currency)
    VALUES (md5(:key::text)::uuid, '{user}', 'pending', now(), 100, 'EUR'))
  INSERT INTO order_items (order_id, line_no, product_id, product_name, quantity, unit_price)
  SELECT md5(:key::text)::uuid, n, product_id, 'Product', quantity, 100
  FROM unnest('{{{products}}}'::uuid[], '{{{quantities}}}'::int[]) WITH ORDINALITY
    l(product_id, quantity, n);
INSERT INTO outbox (id, kind, aggregate_id, payload)
  VALUES (md5(:key::text)::uuid, 'order.placed', md5(:key::text)::uuid, '{event}');
COMMIT;
"""


class Yardstick:
    """A database as it was, with the users, products, stock and orders of `souk`.

    Its new orders are of 1 to LINES_MAX products, popular ones more often, or of one unit of one product.
    """

    def __init__(self, server, souk, folder, one_product):
        self.url = create_database(server, "bench_yardstick")
        for migration in sorted(ROOT.glob("migrations/*.sql"))[:MIGRATIONS]:
            subprocess.run(["psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-d", self.url, "-f", migration], check=True,
                           stdout=subprocess.DEVNULL)
        copy_tables(souk.url, self.url, COPIED)
        sql(self.url, "VACUUM ANALYZE")
        self.scripts = list(scripts_of(folder, souk.users, souk.products, one_product))

    def orders_per_second(self, seconds):
        flags = [flag for script in self.scripts for flag in ("-f", str(script))]
        done = subprocess.run([PGBENCH, "-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "2", "-T", str(seconds),
                               *flags, self.url], check=True, capture_output=True, text=True)
        return float(re.search(r"tps = ([\d.]+)", done.stdout).group(1))


def popularity(products):
    """Cumulative weights by Zipf's law, as `souk loadtest` orders products."""
    return list(itertools.accumulate(1 / rank for rank in range(1, len(products) + 1)))


def draw_lines(draw, products, weights):
    """The lines of one order: units by product."""
    chosen = draw.choices(products, cum_weights=weights, k=draw.randint(1, LINES_MAX))
    return {product: draw.randint(1, LINES_MAX) for product in chosen}


def scripts_of(folder, users, products, one_product):
    """Writes SCRIPTS orders into `folder`, the same in each run of the same shop; yields their files."""
    draw = random.Random(1)
    weights = popularity(products)
    for number in range(SCRIPTS):
        if one_product:
            lines = {products[0]: 1}
        else:
            lines = draw_lines(draw, products, weights)
        script = folder / f"order{number}.sql"
        user = draw.choice(users)
        event = {"orderId": user, "userId": user, "total": 100, "currency": "EUR", "status": "pending",
                 "items": [{"productId": product, "productName": "Product", "quantity": quantity, "unitPrice": 100}
                           for product, quantity in lines.items()]}
        script.write_text(ORDER.format(user=user, products=",".join(lines), event=json.dumps(event),
                                       quantities=",".join(map(str, lines.values())),
                                       taken=",".join(str(-quantity) for quantity in lines.values())))
        yield script
