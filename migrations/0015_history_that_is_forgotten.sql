-- souk: no-transaction
-- What is cleared away after a time (jobs.history_retention): reservations that are over, and what
-- payment providers told us.
CREATE INDEX CONCURRENTLY IF NOT EXISTS reservations_over
  ON reservations (expires_at) WHERE status <> 'held';
CREATE INDEX CONCURRENTLY IF NOT EXISTS payment_events_received_at ON payment_events (received_at);
