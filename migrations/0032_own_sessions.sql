-- souk: no-transaction
-- Users see their sessions and end them. Every statement can be run again.

-- last_used_at is noted at an interval, not by each request: accounts::SessionUses. It is in no index,
-- but expires_at is, which moves with it: a session that is not used ends earlier.
ALTER TABLE sessions
  ADD COLUMN IF NOT EXISTS last_used_at timestamptz NOT NULL DEFAULT now(),
  -- What the client called itself when it signed in, for people.
  ADD COLUMN IF NOT EXISTS client text NOT NULL DEFAULT '' CHECK (char_length(client) <= 120);

CREATE INDEX CONCURRENTLY IF NOT EXISTS sessions_of_user ON sessions (user_id);
