-- Networks from which accounts signed in lately: delays that others cause by guessing an account's
-- password do not apply to them. At most a few for each user, see accounts::kNetworksRemembered.
-- Only a hash over e-mail address and network is kept, so that the same network of two users looks
-- different. It has no secret: whoever tries all networks finds the one.
CREATE TABLE known_networks (
  user_id      uuid        NOT NULL REFERENCES users ON DELETE CASCADE,
  network_hash bytea       NOT NULL CHECK (octet_length(network_hash) = 16),
  last_at      timestamptz NOT NULL,
  PRIMARY KEY (user_id, network_hash)
);
