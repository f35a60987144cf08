-- What is confirmed by a token that only the reader of a mailbox has: registrations, new passwords and
-- e-mail addresses. A request is there before its token is: the job that mails it makes the token, so that
-- no row and no job ever holds one in plain text.

CREATE TABLE account_requests (
  id            uuid        PRIMARY KEY,
  purpose       text        NOT NULL CHECK (purpose IN ('registration', 'password_reset',
                                                        'email_verification', 'email_change',
                                                        'email_changed')),
  email         text        NOT NULL CHECK (email = lower(email) AND char_length(email) <= 254),  -- mailed to
  user_id       uuid        REFERENCES users ON DELETE CASCADE,
  name          text,       -- of a registration, with the hash of its password
  password_hash text,
  token_hash    bytea       UNIQUE CHECK (octet_length(token_hash) = 32),
  created_at    timestamptz NOT NULL,
  expires_at    timestamptz NOT NULL,
  CHECK ((purpose = 'registration') = (name IS NOT NULL AND password_hash IS NOT NULL)),
  CHECK (purpose IN ('registration', 'password_reset') OR user_id IS NOT NULL)
);

CREATE INDEX account_requests_of_email ON account_requests (email, created_at);  -- how many are mailed
CREATE INDEX account_requests_of_user ON account_requests (user_id);
CREATE INDEX account_requests_expires_at ON account_requests (expires_at);

-- When somebody has shown that they read its mail.
ALTER TABLE users ADD COLUMN email_verified_at timestamptz;
