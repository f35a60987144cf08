-- TRUNCATE takes units away too. What goes with it, the movements themselves say, is gone anyway.
CREATE FUNCTION note_stock_truncation() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO stock_movements (product_id, on_hand, reserved, reason)
  SELECT product_id, -quantity, -reserved, 'counted' FROM product_stocks
  WHERE quantity <> 0 OR reserved <> 0;
  RETURN NULL;
END
$$;
CREATE TRIGGER note_truncate BEFORE TRUNCATE ON product_stocks
  FOR EACH STATEMENT EXECUTE FUNCTION note_stock_truncation();

-- A hold begins and ends by the database's clock, whatever the nodes' clocks say.
ALTER TABLE reservations ALTER COLUMN created_at SET DEFAULT clock_timestamp();
