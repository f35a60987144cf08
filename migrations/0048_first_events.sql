-- souk: no-transaction
-- What later events of an order wait for: rows that hold the first events of many orders.
CREATE INDEX CONCURRENTLY IF NOT EXISTS outbox_first_events
  ON outbox (position) WHERE kind = 'events.first';
