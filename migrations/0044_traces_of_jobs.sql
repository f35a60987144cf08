-- What a job is done for, as a W3C traceparent: so the trace of a request goes on through the outbox to the
-- receivers of its events. NULL: nothing that is traced.
ALTER TABLE outbox ADD COLUMN trace text;
ALTER TABLE dead_letters ADD COLUMN trace text;
