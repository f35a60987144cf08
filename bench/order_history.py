"""Years of orders in the database of a shop: the rows that Souk would have written until each was delivered.

Each order has been placed, paid, shipped at once and delivered: the order with its address, lines, movements of stock,
steps, a payment, a shipment, the key of the last days, and the statistics of its day. Two things are other than Souk's:
an order's number is not the permutation of its serial number, and no row was ever updated, so that none left a dead one.
"""

import psycopg2

CHUNK = 100_000  # orders a transaction
DAYS = 730  # that the orders are spread over
SERIALS_PER_BLOCK = 1024  # orders::store::kNumberBlock

PREPARE = """
SET session_replication_role = replica;
SET synchronous_commit = off;
SET work_mem = '256MB';
CREATE TEMP TABLE buyers AS SELECT row_number() OVER (ORDER BY md5(u.id::text)) - 1 AS place, u.id, u.email, a.recipient,
    a.line1, a.line2, a.city, a.postal_code, a.country
  FROM users u JOIN user_addresses a ON a.user_id = u.id AND a.is_default WHERE u.role = 'customer';
CREATE TEMP TABLE goods AS SELECT row_number() OVER (ORDER BY md5(id::text)) - 1 AS place, id, name, price
  FROM products WHERE is_active;
CREATE TEMP TABLE facts AS SELECT (SELECT count(*) FROM buyers) AS buyers, (SELECT count(*) FROM goods) AS goods,
  (SELECT id FROM users WHERE role = 'admin' LIMIT 1) AS admin, now() - interval '4 days' AS until,
  setval('order_serial_blocks', nextval('order_serial_blocks') + %(orders)s / %(block)s) - %(orders)s / %(block)s AS block;
CREATE FUNCTION pg_temp.id_at(at timestamptz, hash text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(hash, 1, 3) || '8' ||
          substr(hash, 4, 15))::uuid $$;
ANALYZE buyers, goods;
"""
# The orders from number `first` on, by time, in every table that has rows of them.
FILL = """
CREATE TEMP TABLE placed ON COMMIT DROP AS
  SELECT n, at, pg_temp.id_at(at, hash) AS id, hash, (f.block * %(block)s + n) AS serial, f.admin, b.id AS user_id, b.email,
    b.recipient, b.line1, b.line2, b.city, b.postal_code, b.country
  FROM facts f CROSS JOIN generate_series(%(first)s, %(last)s) n
  CROSS JOIN LATERAL (SELECT f.until - (%(orders)s - n) * (interval '%(days)s days' / %(orders)s) AS at,
                      md5(n::text) AS hash) t
  JOIN buyers b ON b.place = (hashint8extended(n, 1) & 4611686018427387903) %% f.buyers;
CREATE TEMP TABLE lines ON COMMIT DROP AS
  SELECT p.n, p.id AS order_id, p.at, l AS line_no, g.id AS product_id, g.name, 1 + (p.n + l) %% 3 AS quantity, g.price
  FROM facts f CROSS JOIN placed p CROSS JOIN LATERAL generate_series(1, 1 + p.n %% 3) l
  JOIN goods g ON g.place = ((hashint8extended(p.n, 2) & 4611686018427387903) + l * 7) %% f.goods;
CREATE TEMP TABLE totals ON COMMIT DROP AS SELECT n, sum(quantity * price) AS total FROM lines GROUP BY n;
INSERT INTO orders (id, user_id, status, order_date, total, currency, version, updated_at, email, recipient, line1, line2,
                    city, postal_code, country, serial, number)
  SELECT id, user_id, 'delivered', at, total, 'EUR', 5, at + interval '3 days', email, recipient, line1, line2, city,
    postal_code, country, serial, upper(concat_ws('-', substr(hash, 1, 3), substr(hash, 4, 3), substr(hash, 7, 3)))
  FROM placed JOIN totals USING (n) ORDER BY n;
INSERT INTO order_items (order_id, line_no, product_id, product_name, quantity, unit_price, shipped)
  SELECT order_id, line_no, product_id, name, quantity, price, quantity FROM lines ORDER BY n, line_no;
INSERT INTO stock_movements (product_id, on_hand, reserved, reason, cause_id, moved_at)
  SELECT product_id, on_hand, reserved, reason, order_id, moved_at FROM (
    SELECT product_id, 0 AS on_hand, quantity AS reserved, 'ordered' AS reason, order_id, at AS moved_at FROM lines
    UNION ALL SELECT product_id, -quantity, -quantity, 'shipped', order_id, at + interval '1 day' FROM lines) m
  ORDER BY moved_at;
INSERT INTO order_transitions (order_id, seq, from_status, to_status, at, actor_kind, actor_id, note)
  SELECT id, seq, before, after, at + later, kind, CASE kind WHEN 'admin' THEN admin ELSE user_id END, note
  FROM placed CROSS JOIN (VALUES (2, 'pending', 'confirmed', interval '1 minute', 'customer', 'by its payment'),
    (3, 'confirmed', 'paid', interval '1 minute', 'customer', ''), (4, 'paid', 'shipped', interval '1 day', 'admin', ''),
    (5, 'shipped', 'delivered', interval '3 days', 'admin', '')) s(seq, before, after, later, kind, note) ORDER BY n, seq;
INSERT INTO payments (id, order_id, provider, amount, currency, status, provider_reference, actor_kind, actor_id,
                      created_at, updated_at, request_hash)
  SELECT pg_temp.id_at(at + interval '1 minute', md5(hash)), p.id, 'sandbox', o.total, 'EUR', 'captured',
    'sandbox-' || pg_temp.id_at(at + interval '1 minute', hash), 'customer', p.user_id, at + interval '1 minute',
    at + interval '1 minute', decode(hash || hash, 'hex')
  FROM placed p JOIN totals o USING (n) ORDER BY n;
INSERT INTO shipments (id, order_id, shipped_at, carrier, tracking_number, actor_kind, actor_id, request_hash)
  SELECT pg_temp.id_at(at + interval '1 day', hash), id, at + interval '1 day', 'DHL', substr(hash, 1, 12), 'admin', admin,
    decode(hash || hash, 'hex') FROM placed ORDER BY n;
INSERT INTO shipment_items (shipment_id, product_id, quantity)
  SELECT pg_temp.id_at(at + interval '1 day', md5(n::text)), product_id, quantity FROM lines ORDER BY n;
INSERT INTO idempotency_keys (user_id, key, request_hash, order_id, created_at)
  SELECT user_id, pg_temp.id_at(at, md5(hash)), decode(hash || hash, 'hex'), id, at FROM placed
  WHERE at > now() - interval '7 days' ORDER BY n;
"""
FINISH = """
UPDATE product_stocks s SET quantity = s.quantity + m.units, version = s.version + 1, updated_at = now()
  FROM (SELECT product_id, sum(on_hand) AS units FROM stock_movements WHERE reason = 'shipped' GROUP BY 1) m
  WHERE s.product_id = m.product_id;
INSERT INTO order_statistics AS s (day, currency, placed, placed_amount, paid, paid_amount)
  SELECT (order_date AT TIME ZONE 'UTC')::date, 'EUR', count(*), sum(total), count(*), sum(total) FROM orders
  WHERE version = 5 GROUP BY 1
  ON CONFLICT (day, currency) DO UPDATE SET placed = s.placed + excluded.placed, paid = s.paid + excluded.paid,
    placed_amount = s.placed_amount + excluded.placed_amount, paid_amount = s.paid_amount + excluded.paid_amount;
INSERT INTO product_statistics AS s (day, product_id, currency, units, revenue)
  SELECT (order_date AT TIME ZONE 'UTC')::date, product_id, 'EUR', sum(quantity), sum(quantity * unit_price)
  FROM orders o JOIN order_items i ON i.order_id = o.id WHERE version = 5 GROUP BY 1, 2
  ON CONFLICT (day, product_id, currency) DO UPDATE SET units = s.units + excluded.units,
    revenue = s.revenue + excluded.revenue;
"""
TABLES = ("orders", "order_items", "stock_movements", "order_transitions", "payments", "shipments", "shipment_items",
          "idempotency_keys", "order_statistics", "product_statistics")


def fill(url, orders, progress):
    """Adds `orders` delivered orders of the last DAYS to a shop that is not served. `progress` gets how many are there."""
    connection = psycopg2.connect(url)
    values = {"orders": orders, "block": SERIALS_PER_BLOCK, "days": DAYS}
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(PREPARE, values)
        for first in range(0, orders, CHUNK):
            last = min(first + CHUNK, orders) - 1
            with connection, connection.cursor() as cursor:
                cursor.execute(FILL, values | {"first": first, "last": last})
            progress(last + 1)
        with connection, connection.cursor() as cursor:
            cursor.execute(FINISH)
        connection.autocommit = True
        connection.cursor().execute("VACUUM (ANALYZE)")
    finally:
        connection.close()
