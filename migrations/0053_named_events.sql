-- souk: no-transaction
-- Orders are named in the outbox, by many in a row, and not repeated there: later events of an order wait for them.
CREATE INDEX CONCURRENTLY IF NOT EXISTS outbox_named_events
  ON outbox (position) WHERE kind = 'events.named';
