-- souk: no-transaction
-- Orders that are not paid end after a time, and what buyers and networks have open is bounded.
-- Every statement can be run again.

-- What counts against the limits while the order is pending: units, of its buyer and of the network
-- that it came from (a hash). NULL: it counts for nobody. Cleared by the step that ends the waiting.
ALTER TABLE orders
  ADD COLUMN IF NOT EXISTS open_units integer,
  ADD COLUMN IF NOT EXISTS network bigint;
ALTER TABLE reservations
  ADD COLUMN IF NOT EXISTS network bigint,
  -- Of each line, by its number, what its user's orders have left of it; NULL: all. Beside the status,
  -- so that who waits for the row's lock reads both as they are then.
  ADD COLUMN IF NOT EXISTS left_units integer[];

-- A session of the load tester, which the seed makes: what it orders and holds is not limited.
ALTER TABLE sessions ADD COLUMN IF NOT EXISTS is_load_test boolean NOT NULL DEFAULT false;

-- By the database's clock: updated_at of an order that is pending is when it was placed. Entries come
-- at the right end, so that an order pays little for it.
CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_pending ON orders (updated_at)
  WHERE status = 'pending';
CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_of_network ON orders (network)
  WHERE network IS NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS reservations_of_network ON reservations (network)
  WHERE status = 'held' AND network IS NOT NULL;

-- An order takes what its buyer holds, of as many reservations as it needs.
ALTER TABLE reservations DROP CONSTRAINT IF EXISTS reservations_order_id_key;
