-- A line belongs to an order. The declared key asked for each line alone, through a query and a lock on
-- the order's row. What follows asks once for a statement.
--
-- An order that this transaction has written cannot go away before it ends: nobody else sees it. Any other
-- one is locked against deletion, as the declared key did.

-- Looks each order up, however many lines there are: a plan is kept for the session.
CREATE FUNCTION check_orders_of_lines() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  IF NOT EXISTS (
      SELECT FROM lines WHERE NOT EXISTS (
        SELECT FROM orders o WHERE o.id = order_id AND o.xmin = pg_current_xact_id()::xid)) THEN
    RETURN NULL;
  END IF;
  PERFORM FROM orders WHERE id IN (SELECT order_id FROM lines) ORDER BY id FOR KEY SHARE OF orders;
  IF EXISTS (SELECT FROM lines WHERE NOT EXISTS (SELECT FROM orders o WHERE o.id = order_id)) THEN
    RAISE EXCEPTION 'a line belongs to no order' USING ERRCODE = 'foreign_key_violation',
      TABLE = 'order_items', CONSTRAINT = 'order_items_order_id_fkey';
  END IF;
  RETURN NULL;
END
$$;

CREATE FUNCTION refuse_other_key_of_order() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
  RAISE EXCEPTION 'an order keeps its id, and a line its order' USING ERRCODE = 'foreign_key_violation',
    TABLE = TG_TABLE_NAME, CONSTRAINT = 'order_items_order_id_fkey';
END
$$;

-- Lines go with their order. An older snapshot than that of the lock would miss lines that were written
-- meanwhile, and leave them without an order.
CREATE FUNCTION delete_lines_of_orders() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable')
      AND EXISTS (SELECT FROM gone) THEN
    RAISE EXCEPTION 'orders are deleted at READ COMMITTED only' USING ERRCODE = 'foreign_key_violation',
      TABLE = 'order_items', CONSTRAINT = 'order_items_order_id_fkey';
  END IF;
  DELETE FROM order_items WHERE order_id IN (SELECT id FROM gone);
  RETURN NULL;
END
$$;

CREATE FUNCTION refuse_lines_without_orders() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  IF EXISTS (SELECT FROM order_items) THEN
    RAISE EXCEPTION 'orders have lines' USING ERRCODE = 'feature_not_supported',
      HINT = 'Truncate order_items in the same command.';
  END IF;
  RETURN NULL;
END
$$;

-- Both locked, so that nothing is written between the key's end and the triggers' beginning.
LOCK TABLE orders, order_items IN ACCESS EXCLUSIVE MODE;
ALTER TABLE order_items DROP CONSTRAINT order_items_order_id_fkey;
CREATE TRIGGER check_orders AFTER INSERT ON order_items REFERENCING NEW TABLE AS lines
  FOR EACH STATEMENT EXECUTE FUNCTION check_orders_of_lines();
CREATE TRIGGER keep_order BEFORE UPDATE OF order_id ON order_items FOR EACH ROW
  WHEN (NEW.order_id <> OLD.order_id) EXECUTE FUNCTION refuse_other_key_of_order();
CREATE TRIGGER keep_id BEFORE UPDATE OF id ON orders FOR EACH ROW
  WHEN (NEW.id <> OLD.id) EXECUTE FUNCTION refuse_other_key_of_order();
CREATE TRIGGER delete_lines AFTER DELETE ON orders REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION delete_lines_of_orders();
CREATE TRIGGER keep_lines AFTER TRUNCATE ON orders
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_lines_without_orders();
