-- What the nodes of a shop know and Redis does not: by it they tell values that one of them has put
-- there from those that somebody else has. With another secret, all that Redis holds is loaded anew.
CREATE TABLE cache_secret (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  secret  bytea   NOT NULL CHECK (octet_length(secret) = 16)
);
INSERT INTO cache_secret (secret) VALUES (substring(
  sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) FROM 1 FOR 16));
