-- Who buys: users, where they want things sent, and the sessions they are signed in with.

CREATE TABLE users (
  id            uuid        PRIMARY KEY,
  email         text        NOT NULL UNIQUE
                            CHECK (email = lower(email) AND email LIKE '_%@_%'
                                   AND char_length(email) <= 254),
  name          text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
  password_hash text        NOT NULL,
  role          text        NOT NULL DEFAULT 'customer' CHECK (role IN ('customer', 'admin')),
  is_active     boolean     NOT NULL DEFAULT true,
  created_at    timestamptz NOT NULL DEFAULT now()
);

-- An address is never changed once an order went to it; it is retired and a new one added.
CREATE TABLE user_addresses (
  id          uuid        PRIMARY KEY,
  user_id     uuid        NOT NULL REFERENCES users ON DELETE CASCADE,
  label       text        NOT NULL DEFAULT '' CHECK (char_length(label) <= 50),
  recipient   text        NOT NULL CHECK (char_length(recipient) BETWEEN 1 AND 200),
  line1       text        NOT NULL CHECK (char_length(line1) BETWEEN 1 AND 200),
  line2       text        NOT NULL DEFAULT '' CHECK (char_length(line2) <= 200),
  city        text        NOT NULL CHECK (char_length(city) BETWEEN 1 AND 100),
  postal_code text        NOT NULL CHECK (char_length(postal_code) BETWEEN 1 AND 20),
  country     char(2)     NOT NULL CHECK (country ~ '^[A-Z]{2}$'),  -- ISO 3166-1 alpha-2
  is_default  boolean     NOT NULL DEFAULT false,
  is_active   boolean     NOT NULL DEFAULT true,
  created_at  timestamptz NOT NULL DEFAULT now(),
  UNIQUE (user_id, id)  -- what an order refers to, so that it names an address of its own buyer
);

CREATE UNIQUE INDEX user_addresses_one_default ON user_addresses (user_id)
  WHERE is_default AND is_active;

-- Only SHA-256 of a bearer token is kept: who reads this table cannot sign in with it.
CREATE TABLE sessions (
  token_hash bytea       PRIMARY KEY CHECK (octet_length(token_hash) = 32),
  user_id    uuid        NOT NULL REFERENCES users ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  CHECK (expires_at > created_at)
);

CREATE INDEX sessions_expires_at ON sessions (expires_at);  -- for clearing expired ones away
