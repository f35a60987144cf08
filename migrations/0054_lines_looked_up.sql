-- The checks of 0049 and 0051 look each line's order and product up. Their plan is made for a session's first
-- statement: after one of hundreds of lines, or while there were few orders, it was one that reads all orders,
-- for each later statement, too. OFFSET 0 forces a look-up per line.

CREATE OR REPLACE FUNCTION check_orders_of_lines() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  IF NOT EXISTS (
      SELECT FROM lines WHERE NOT EXISTS (
        SELECT FROM orders o WHERE o.id = order_id AND o.xmin = pg_current_xact_id()::xid OFFSET 0)) THEN
    RETURN NULL;
  END IF;
  PERFORM FROM orders WHERE id IN (SELECT order_id FROM lines) ORDER BY id FOR KEY SHARE OF orders;
  IF EXISTS (
      SELECT FROM lines WHERE NOT EXISTS (SELECT FROM orders o WHERE o.id = order_id OFFSET 0)) THEN
    RAISE EXCEPTION 'a line belongs to no order' USING ERRCODE = 'foreign_key_violation',
      TABLE = 'order_items', CONSTRAINT = 'order_items_order_id_fkey';
  END IF;
  RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION check_products_of_lines() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  IF NOT EXISTS (
      SELECT FROM lines l WHERE NOT EXISTS (
        SELECT FROM product_stocks s
        WHERE s.product_id = l.product_id AND s.xmin = pg_current_xact_id()::xid OFFSET 0)) THEN
    RETURN NULL;
  END IF;
  PERFORM FROM products WHERE id IN (SELECT product_id FROM lines) ORDER BY id FOR KEY SHARE OF products;
  IF EXISTS (
      SELECT FROM lines l WHERE NOT EXISTS (
        SELECT FROM products p WHERE p.id = l.product_id OFFSET 0)) THEN
    RAISE EXCEPTION 'a line names no product' USING ERRCODE = 'foreign_key_violation',
      TABLE = 'order_items', CONSTRAINT = 'order_items_product_id_fkey';
  END IF;
  RETURN NULL;
END
$$;
