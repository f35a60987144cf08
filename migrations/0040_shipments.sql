-- souk: no-transaction
-- An order leaves the warehouse in one or several shipments. Every statement can be run again. Stop nodes
-- of earlier versions before the first partial shipment: they cannot read the order's status.

CREATE OR REPLACE FUNCTION order_transition_is_legal(from_status text, to_status text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (from_status, to_status) IN (
    ('pending', 'confirmed'), ('pending', 'cancelled'),
    ('confirmed', 'paid'), ('confirmed', 'cancelled'),
    ('paid', 'partially_shipped'), ('paid', 'shipped'), ('paid', 'refunded'),
    ('partially_shipped', 'shipped'), ('partially_shipped', 'refunded'),
    ('shipped', 'delivered'), ('shipped', 'refunded'),
    ('delivered', 'refunded'))
$$;

ALTER TABLE orders DROP CONSTRAINT IF EXISTS orders_status_is_known;
ALTER TABLE orders ADD CONSTRAINT orders_status_is_known CHECK (
  status IN ('pending', 'confirmed', 'paid', 'partially_shipped', 'shipped', 'delivered', 'cancelled',
             'refunded')) NOT VALID;
ALTER TABLE orders DROP CONSTRAINT IF EXISTS orders_status_check;
ALTER TABLE orders VALIDATE CONSTRAINT orders_status_is_known;

-- The units of all shipments of the line, so that no line is read for them in lists of orders.
ALTER TABLE order_items ADD COLUMN IF NOT EXISTS shipped integer NOT NULL DEFAULT 0;
ALTER TABLE order_items DROP CONSTRAINT IF EXISTS order_items_shipped_once;
ALTER TABLE order_items ADD CONSTRAINT order_items_shipped_once
  CHECK (shipped BETWEEN 0 AND quantity) NOT VALID;
ALTER TABLE order_items VALIDATE CONSTRAINT order_items_shipped_once;

-- Units of a line that left the warehouse. Orders of before there were shipments left it as a whole, and
-- their lines, most of the table, are not rewritten.
CREATE OR REPLACE FUNCTION shipped_units(status text, cancelled_at timestamptz, quantity integer,
                                         shipped integer) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN status IN ('shipped', 'delivered') OR status = 'refunded' AND cancelled_at IS NULL
              THEN quantity ELSE shipped END
$$;

CREATE TABLE IF NOT EXISTS shipments (
  id              uuid        PRIMARY KEY,
  order_id        uuid        NOT NULL REFERENCES orders ON DELETE CASCADE,
  shipped_at      timestamptz NOT NULL,
  carrier         text        CHECK (char_length(carrier) BETWEEN 1 AND 100),
  tracking_number text        CHECK (char_length(tracking_number) BETWEEN 1 AND 100),
  tracking_url    text        CHECK (char_length(tracking_url) BETWEEN 1 AND 2000),
  actor_kind      text        NOT NULL CHECK (actor_kind IN ('customer', 'admin', 'system', 'provider')),
  actor_id        uuid        REFERENCES users ON DELETE RESTRICT,
  idempotency_key text        CHECK (char_length(idempotency_key) BETWEEN 1 AND 255),
  request_hash    bytea       CHECK (octet_length(request_hash) = 32),
  CONSTRAINT shipments_of_order UNIQUE (order_id, idempotency_key),
  CHECK ((actor_kind IN ('customer', 'admin')) = (actor_id IS NOT NULL))
);

CREATE TABLE IF NOT EXISTS shipment_items (
  shipment_id uuid    NOT NULL REFERENCES shipments ON DELETE CASCADE,
  product_id  uuid    NOT NULL REFERENCES products ON DELETE RESTRICT,
  quantity    integer NOT NULL CHECK (quantity > 0),
  PRIMARY KEY (shipment_id, product_id)
);
