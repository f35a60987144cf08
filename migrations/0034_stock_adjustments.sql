-- Changes of a stock by hand that say why: relative to what is on hand, so that nobody has to count. The
-- movement's cause is the adjustment, whose row keeps the reason and the request's Idempotency-Key.
CREATE TABLE stock_adjustments (
  id              uuid        PRIMARY KEY,
  product_id      uuid        NOT NULL,  -- history outlives its product: no foreign keys
  change          bigint      NOT NULL CHECK (change <> 0),
  reason          text        NOT NULL CHECK (char_length(reason) BETWEEN 1 AND 200),
  on_hand         bigint      NOT NULL,  -- after it
  user_id         uuid        NOT NULL,  -- who
  idempotency_key text        CHECK (char_length(idempotency_key) BETWEEN 1 AND 255),
  created_at      timestamptz NOT NULL DEFAULT now(),
  UNIQUE (user_id, idempotency_key)
);

-- adjusted: by hand, on_hand, by any number; the cause is the adjustment. The other reasons: 0029_orders_reserve.sql.
ALTER TABLE stock_movements
  DROP CONSTRAINT stock_movements_reason,
  ADD CONSTRAINT stock_movements_reason CHECK (
    reason IN ('counted', 'held', 'ordered', 'released', 'shipped', 'returned', 'adjusted')) NOT VALID;
