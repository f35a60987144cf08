-- What became of each event that was sent to a webhook. The identifier is that of its job, so that all
-- attempts of one delivery are one row. There is no foreign key, by which each row would lock its
-- endpoint's: the rows of a deleted endpoint are deleted with all others, by their age.
CREATE TABLE webhook_deliveries (
  endpoint_id  uuid        NOT NULL,
  id           uuid        NOT NULL,
  event_id     uuid        NOT NULL,
  event        text        NOT NULL,
  state        text        NOT NULL CHECK (state IN ('retrying', 'delivered', 'failed', 'dropped')),
  attempts     integer     NOT NULL CHECK (attempts >= 0),
  status       integer,              -- of the last answer; NULL: none came
  error        text,                 -- why none came
  created_at   timestamptz NOT NULL, -- of the event's job
  attempted_at timestamptz NOT NULL,
  PRIMARY KEY (endpoint_id, id)
);

CREATE INDEX webhook_deliveries_created_at ON webhook_deliveries (created_at);
