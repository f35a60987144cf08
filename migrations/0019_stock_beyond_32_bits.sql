-- Units come back without asking: counts by hand and returns may add up to more than 32 bits hold, and
-- a return must never be refused for that. The ledger is widened with the stock, because one count may
-- set right what many returns have made. Both tables are rewritten: about a minute for twenty million
-- movements.
DROP TRIGGER note_updates ON product_stocks;
ALTER TABLE product_stocks
  ALTER COLUMN quantity TYPE bigint,
  ALTER COLUMN reserved TYPE bigint;
ALTER TABLE stock_movements
  ALTER COLUMN on_hand TYPE bigint,
  ALTER COLUMN reserved TYPE bigint;
CREATE TRIGGER note_updates AFTER UPDATE ON product_stocks FOR EACH ROW
  WHEN (NEW.noted = OLD.noted AND (NEW.quantity, NEW.reserved) <> (OLD.quantity, OLD.reserved))
  EXECUTE FUNCTION note_stock_count();
