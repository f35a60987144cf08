-- What is to be done after a commit: a row written by the transaction that gives reason for it, so
-- that neither is there without the other. src/jobs/README.md says how rows are found and claimed,
-- and why no claim walks over what was done before it.
--
-- A claim changes claimed_by and attempt only, which no index holds, in a page that has room for
-- both versions of its rows: it leaves nothing behind in the indexes (HOT).

CREATE TABLE outbox (
  position     bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,  -- the order of an aggregate
  id           uuid        NOT NULL,  -- version 7; the same however often it is tried or replayed
  kind         text        NOT NULL CHECK (kind <> ''),
  aggregate_id uuid        NOT NULL,
  payload      json        NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  xid          xid8        NOT NULL DEFAULT pg_current_xact_id(),
  attempt      integer     NOT NULL DEFAULT 0,  -- times it was claimed
  claimed_by   bigint,                          -- of job_claimers
  available_at timestamptz,                     -- not before; NULL: never deferred
  last_error   text
) WITH (fillfactor = 45, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
        autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 200000);
-- Statistics of a table that is empty one moment and long the next say nothing. So for each way of
-- looking there is one index that can be used: position + 0 is in none but its own.
CREATE INDEX outbox_xid ON outbox (xid, (position + 0));
CREATE INDEX outbox_aggregate ON outbox (aggregate_id);
CREATE INDEX outbox_available_at ON outbox (available_at) WHERE available_at IS NOT NULL;

-- One row for each node that runs jobs. What it has claimed is its own until its lease runs out.
CREATE SEQUENCE job_claimer_ids;
CREATE TABLE job_claimers (
  id           bigint      PRIMARY KEY DEFAULT nextval('job_claimer_ids'),
  leased_until timestamptz NOT NULL
);

-- Jobs that were given up, until somebody replays or drops them.
CREATE TABLE dead_letters (
  id           uuid        PRIMARY KEY,
  kind         text        NOT NULL,
  aggregate_id uuid        NOT NULL,
  payload      json        NOT NULL,
  created_at   timestamptz NOT NULL,
  attempt      integer     NOT NULL,
  failed_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  last_error   text        NOT NULL
);
CREATE INDEX dead_letters_failed_at ON dead_letters (failed_at DESC, id DESC);

CREATE TABLE periodic_jobs (
  name         text        PRIMARY KEY,
  interval_ms  bigint      NOT NULL CHECK (interval_ms > 0),
  next_at      timestamptz NOT NULL,
  run          bigint      NOT NULL DEFAULT 0,
  leased_until timestamptz,  -- while it runs
  finished_at  timestamptz,
  last_error   text
);

-- Keys are forgotten after a time (jobs.key_retention).
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);
