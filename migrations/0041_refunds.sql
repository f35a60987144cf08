-- souk: no-transaction
-- The money of an order is returned in one or several parts. Every statement can be run again.

-- Of a payment that is captured: what refunds have returned or are about to. Together with the CHECK, no two
-- of them, on whichever nodes, return more than was captured. Returned as a whole: `status` and `goal` say so.
ALTER TABLE payments ADD COLUMN IF NOT EXISTS refunded bigint NOT NULL DEFAULT 0;
ALTER TABLE payments DROP CONSTRAINT IF EXISTS payments_refunded_once;
ALTER TABLE payments ADD CONSTRAINT payments_refunded_once
  CHECK (refunded BETWEEN 0 AND amount) NOT VALID;
ALTER TABLE payments VALIDATE CONSTRAINT payments_refunded_once;

-- What the provider has returned in parts; an order that is refunded has all of it back.
ALTER TABLE orders ADD COLUMN IF NOT EXISTS refunded bigint NOT NULL DEFAULT 0;
ALTER TABLE orders DROP CONSTRAINT IF EXISTS orders_refunded_once;
ALTER TABLE orders ADD CONSTRAINT orders_refunded_once
  CHECK (refunded BETWEEN 0 AND total) NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT orders_refunded_once;

-- Units of the line whose price goes back, and of those the ones that were never shipped and will not be.
ALTER TABLE order_items
  ADD COLUMN IF NOT EXISTS refunded integer NOT NULL DEFAULT 0,
  ADD COLUMN IF NOT EXISTS released integer NOT NULL DEFAULT 0;
ALTER TABLE order_items DROP CONSTRAINT IF EXISTS order_items_refunded_once;
ALTER TABLE order_items ADD CONSTRAINT order_items_refunded_once
  CHECK (refunded BETWEEN 0 AND quantity AND released BETWEEN 0 AND refunded
         AND shipped + released <= quantity) NOT VALID;
ALTER TABLE order_items VALIDATE CONSTRAINT order_items_refunded_once;

-- A row is committed before the provider is asked, so whoever finds it knows what to ask again.
CREATE TABLE IF NOT EXISTS refunds (
  id              uuid        PRIMARY KEY,
  order_id        uuid        NOT NULL REFERENCES orders ON DELETE RESTRICT,
  payment_id      uuid        NOT NULL REFERENCES payments ON DELETE RESTRICT,
  amount          bigint      NOT NULL CHECK (amount > 0),
  currency        char(3)     NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  status          text        NOT NULL CHECK (status IN ('requested', 'done')),
  reason          text        NOT NULL DEFAULT '' CHECK (char_length(reason) <= 500),
  reference       text        CHECK (char_length(reference) BETWEEN 1 AND 200),
  actor_kind      text        NOT NULL CHECK (actor_kind IN ('customer', 'admin', 'system', 'provider')),
  actor_id        uuid        REFERENCES users ON DELETE RESTRICT,
  idempotency_key text        CHECK (char_length(idempotency_key) BETWEEN 1 AND 255),
  request_hash    bytea       CHECK (octet_length(request_hash) = 32),
  created_at      timestamptz NOT NULL,
  due_at          timestamptz,  -- when it is taken up again unless it is done by then
  attempts        integer     NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  CONSTRAINT refunds_of_order UNIQUE (order_id, idempotency_key),
  CHECK ((due_at IS NULL) = (status = 'done')),
  CHECK ((actor_kind IN ('customer', 'admin')) = (actor_id IS NOT NULL))
);
CREATE INDEX CONCURRENTLY IF NOT EXISTS refunds_due ON refunds (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS refund_items (
  refund_id  uuid    NOT NULL REFERENCES refunds ON DELETE CASCADE,
  product_id uuid    NOT NULL REFERENCES products ON DELETE RESTRICT,
  quantity   integer NOT NULL CHECK (quantity > 0),
  restocked  boolean NOT NULL,
  PRIMARY KEY (refund_id, product_id)
);

ALTER TABLE sandbox_charges ADD COLUMN IF NOT EXISTS refunded bigint NOT NULL DEFAULT 0
  CHECK (refunded BETWEEN 0 AND amount);
