-- A line names a product that exists. The declared key asked for each line alone, through a query and a lock
-- on the product's row. What follows asks once for a statement.
--
-- Where this transaction has changed a product's stock, as each order does, the product cannot go away before
-- it ends: with a product goes its stock, whose row is locked. Any other one is locked against deletion, as the
-- declared key did.

-- Looks each product up, however many lines there are: a plan is kept for the session.
CREATE FUNCTION check_products_of_lines() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  IF NOT EXISTS (
      SELECT FROM lines l WHERE NOT EXISTS (
        SELECT FROM product_stocks s
        WHERE s.product_id = l.product_id AND s.xmin = pg_current_xact_id()::xid)) THEN
    RETURN NULL;
  END IF;
  PERFORM FROM products WHERE id IN (SELECT product_id FROM lines) ORDER BY id FOR KEY SHARE OF products;
  IF EXISTS (SELECT FROM lines l WHERE NOT EXISTS (SELECT FROM products p WHERE p.id = l.product_id)) THEN
    RAISE EXCEPTION 'a line names no product' USING ERRCODE = 'foreign_key_violation',
      TABLE = 'order_items', CONSTRAINT = 'order_items_product_id_fkey';
  END IF;
  RETURN NULL;
END
$$;

CREATE FUNCTION refuse_other_key_of_product() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
  RAISE EXCEPTION 'a product keeps its id, and a line its product' USING ERRCODE = 'foreign_key_violation',
    TABLE = TG_TABLE_NAME, CONSTRAINT = 'order_items_product_id_fkey';
END
$$;

-- Runs after the product's stock is gone, for which it waits where an order is being written. An older
-- snapshot than that would miss its lines.
CREATE FUNCTION refuse_loss_of_ordered_products() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM gone) THEN
    RETURN NULL;
  END IF;
  IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
    RAISE EXCEPTION 'products are deleted at READ COMMITTED only' USING ERRCODE = 'foreign_key_violation',
      TABLE = 'order_items', CONSTRAINT = 'order_items_product_id_fkey';
  END IF;
  IF EXISTS (SELECT FROM order_items WHERE product_id IN (SELECT id FROM gone)) THEN
    RAISE EXCEPTION 'the product was ordered' USING ERRCODE = 'foreign_key_violation',
      TABLE = 'order_items', CONSTRAINT = 'order_items_product_id_fkey';
  END IF;
  RETURN NULL;
END
$$;

CREATE FUNCTION refuse_lines_without_products() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  IF EXISTS (SELECT FROM order_items) THEN
    RAISE EXCEPTION 'products were ordered' USING ERRCODE = 'feature_not_supported',
      HINT = 'Truncate order_items in the same command.';
  END IF;
  RETURN NULL;
END
$$;

-- Both locked, so that nothing is written between the key's end and the triggers' beginning.
LOCK TABLE products, order_items IN ACCESS EXCLUSIVE MODE;
ALTER TABLE order_items DROP CONSTRAINT order_items_product_id_fkey;
CREATE TRIGGER check_products AFTER INSERT ON order_items REFERENCING NEW TABLE AS lines
  FOR EACH STATEMENT EXECUTE FUNCTION check_products_of_lines();
CREATE TRIGGER keep_product BEFORE UPDATE OF product_id ON order_items FOR EACH ROW
  WHEN (NEW.product_id <> OLD.product_id) EXECUTE FUNCTION refuse_other_key_of_product();
CREATE TRIGGER keep_id BEFORE UPDATE OF id ON products FOR EACH ROW
  WHEN (NEW.id <> OLD.id) EXECUTE FUNCTION refuse_other_key_of_product();
CREATE TRIGGER keep_ordered AFTER DELETE ON products REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_loss_of_ordered_products();
CREATE TRIGGER keep_ordered_truncate AFTER TRUNCATE ON products
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_lines_without_products();
