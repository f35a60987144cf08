-- souk: no-transaction
-- What an order writes beside its own rows. Every statement can be run again.

-- One row of the log for all stocks of a statement. Nodes of earlier versions, which do not know the
-- arrays, take it for a change of all stocks.
ALTER TABLE change_log ADD COLUMN IF NOT EXISTS ids uuid[];         -- of the rows; then the tag is '*'
ALTER TABLE change_log ADD COLUMN IF NOT EXISTS versions bigint[];  -- of each

CREATE OR REPLACE FUNCTION log_stock_changes() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  bulk CONSTANT integer := 10000;
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    INSERT INTO change_log (topic, tag) VALUES ('stock', '*');
  ELSIF (SELECT count(*) FROM (SELECT FROM changed LIMIT bulk + 1) first_ones) > bulk THEN
    INSERT INTO change_log (topic, tag) VALUES ('stock', '*');
  ELSE
    INSERT INTO change_log (topic, tag, ids, versions)
    SELECT 'stock', '*', array_agg(product_id),
           array_agg(version + CASE TG_OP WHEN 'DELETE' THEN 1 ELSE 0 END)
    FROM changed HAVING count(*) > 0;
  END IF;
  RETURN NULL;
END
$$;

-- A line is known by its product: an order has each at most once, and one key is enough. The number
-- only says where it stands.
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS order_items_of_product
  ON order_items (order_id, product_id);
ALTER TABLE order_items
  DROP CONSTRAINT IF EXISTS order_items_pkey,
  DROP CONSTRAINT IF EXISTS order_items_order_id_product_id_key,
  ADD CONSTRAINT order_items_pkey PRIMARY KEY USING INDEX order_items_of_product;

-- Payloads live for milliseconds: compressing those that are moved out of line cost more than their
-- bytes.
ALTER TABLE outbox ALTER COLUMN payload SET STORAGE EXTERNAL;
