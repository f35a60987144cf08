-- Whom the shop tells of events over HTTP, as administrators registered it.
CREATE TABLE webhook_endpoints (
  id              uuid        PRIMARY KEY,
  url             text        NOT NULL CHECK (char_length(url) BETWEEN 1 AND 2000),
  secret          text        NOT NULL,  -- as it is: what is sent is signed with it
  kinds           text[]      NOT NULL CHECK (cardinality(kinds) BETWEEN 1 AND 20),
  is_active       boolean     NOT NULL DEFAULT true,
  disabled_reason text,
  failing_since   timestamptz,           -- NULL while the last delivery went well
  created_at      timestamptz NOT NULL,
  CHECK (is_active = (disabled_reason IS NULL))
);
