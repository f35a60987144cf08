-- souk: no-transaction
-- On hand is what is in the warehouse, and an order's units stay there, reserved, until they are shipped.
-- Before, an order took them from on hand at once, and a count between order and shipment offered them
-- again.
--
-- The units of orders that are not shipped yet go back on hand and are reserved: in one transaction, for
-- which orders wait, but it reads these orders alone. Stop nodes of earlier versions before: from here on
-- their orders are refused. Every statement can be run again.

CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_to_convert ON orders (id)
  WHERE status IN ('confirmed', 'paid');

-- The first lock keeps out whoever locks a stock's row, before they do: those who have would wait for
-- the UPDATE's table, and the UPDATE for their rows.
DO $do$
BEGIN
  LOCK TABLE product_stocks IN EXCLUSIVE MODE;
  LOCK TABLE orders IN SHARE ROW EXCLUSIVE MODE;
  IF EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'stock_movements'::regclass
             AND conname = 'stock_movements_reason') THEN
    RETURN;
  END IF;

  -- Of a movement, for its product:
  --   counted   by hand, or an import                  on_hand and reserved, by any number
  --   held      for a cart                             reserved, by +units; the cause is the reservation
  --   ordered                                          reserved, by +units; the order
  --   released  a hold or an order that ended, or a    reserved, by -units; the reservation or the order
  --             hold's units that were ordered
  --   shipped                                          both, by -units; the order
  --   returned  after they were shipped                on_hand, by +units; the order
  -- and before this migration: sold (on_hand, by -units) when ordered. NOT VALID for these: no new ones.
  ALTER TABLE stock_movements
    DROP CONSTRAINT stock_movements_reason_check,
    ADD CONSTRAINT stock_movements_reason CHECK (
      reason IN ('counted', 'held', 'ordered', 'released', 'shipped', 'returned')) NOT VALID;

  INSERT INTO product_stocks (product_id)
  SELECT DISTINCT i.product_id
  FROM (SELECT id FROM orders WHERE status = 'pending'
        UNION ALL SELECT id FROM orders WHERE status IN ('confirmed', 'paid')) o
  JOIN order_items i ON i.order_id = o.id
  ON CONFLICT DO NOTHING;

  WITH promised AS MATERIALIZED (
    SELECT i.product_id, o.id AS order_id, i.quantity
    FROM (SELECT id FROM orders WHERE status = 'pending'
          UNION ALL SELECT id FROM orders WHERE status IN ('confirmed', 'paid')) o
    JOIN order_items i ON i.order_id = o.id
  ), noted AS (
    INSERT INTO stock_movements (product_id, on_hand, reserved, reason, cause_id)
    SELECT product_id, quantity, quantity, 'ordered', order_id FROM promised
  )
  UPDATE product_stocks s
  SET quantity = s.quantity + p.units, reserved = s.reserved + p.units, noted = s.noted + 1,
      version = s.version + 1, updated_at = now()
  FROM (SELECT product_id, sum(quantity)::bigint AS units FROM promised GROUP BY product_id) p
  WHERE s.product_id = p.product_id;
END
$do$;

DROP INDEX CONCURRENTLY IF EXISTS orders_to_convert;

-- What is promised must be released or shipped one day, and is by nobody where the row is gone.
CREATE OR REPLACE FUNCTION refuse_loss_of_promised_stock() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM refuse('product_stocks_promised',
                 format('%s units of product %s are promised', OLD.reserved, OLD.product_id));
END
$$;
CREATE OR REPLACE TRIGGER refuse_loss BEFORE DELETE ON product_stocks FOR EACH ROW
  WHEN (OLD.reserved > 0) EXECUTE FUNCTION refuse_loss_of_promised_stock();
