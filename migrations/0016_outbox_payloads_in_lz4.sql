-- What is handed on together is long enough to be compressed; pglz, the default, takes ten times as
-- long. A server that was built without lz4 goes on with it.
DO $$
BEGIN
  ALTER TABLE outbox ALTER COLUMN payload SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
  NULL;
END
$$;
