-- What the dashboard shows: the history of all nodes, and what each node reported last.

-- Rewritten by each node every second, and worth nothing after a crash: without WAL, and with room
-- for the new version of a row on its page.
CREATE UNLOGGED TABLE node_reports (
  node        uuid        PRIMARY KEY, -- of one process
  name        text        NOT NULL,
  version     text        NOT NULL,
  started_at  timestamptz NOT NULL,
  reported_at timestamptz NOT NULL,
  rows        bytea       NOT NULL     -- src/observe/history/rows.h
) WITH (fillfactor = 30, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- Of all nodes together: a minute of rows by the second (step 1), or one row of a minute (step 60).
CREATE TABLE history (
  step    integer     NOT NULL CHECK (step IN (1, 60)),
  begins  timestamptz NOT NULL,
  weight  integer     NOT NULL, -- how many nodes and seconds are in it
  rows    bytea       NOT NULL,
  PRIMARY KEY (step, begins)
);

-- When which version began to run where: restarts and deployments.
CREATE TABLE node_starts (
  node       uuid        PRIMARY KEY,
  name       text        NOT NULL,
  version    text        NOT NULL,
  started_at timestamptz NOT NULL
);
