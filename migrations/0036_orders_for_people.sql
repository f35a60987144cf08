-- souk: no-transaction
-- What people need to know of an order: where it goes, whom it is told to, and a number to name it by.
-- Every statement can be run again. Orders placed before have none of it.

-- As it was when the order was placed: a copy, so that addresses and accounts may change or go. Columns
-- of the order and no table of their own, which would cost each order a row and an index entry more.
ALTER TABLE orders
  ADD COLUMN IF NOT EXISTS email       text,
  ADD COLUMN IF NOT EXISTS recipient   text,
  ADD COLUMN IF NOT EXISTS line1       text,
  ADD COLUMN IF NOT EXISTS line2       text,
  ADD COLUMN IF NOT EXISTS city        text,
  ADD COLUMN IF NOT EXISTS postal_code text,
  ADD COLUMN IF NOT EXISTS country     text,
  -- The number is made of the serial number and the secret below (src/orders/order_number.h), and found
  -- by the serial number: its index grows at one end, where that of a number without order would touch
  -- another page for each order.
  ADD COLUMN IF NOT EXISTS serial      bigint,
  ADD COLUMN IF NOT EXISTS number      text;

ALTER TABLE orders DROP CONSTRAINT IF EXISTS orders_address_is_whole;
ALTER TABLE orders ADD CONSTRAINT orders_address_is_whole
  CHECK (num_nulls(recipient, line1, line2, city, postal_code, country) IN (0, 6)) NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT orders_address_is_whole;

CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS orders_serial ON orders (serial)
  WHERE serial IS NOT NULL;

-- Workers take 1,024 serial numbers at a time, so that an order needs no statement for its own. As many
-- blocks as numbers of 40 bits have.
CREATE SEQUENCE IF NOT EXISTS order_serial_blocks MINVALUE 0 MAXVALUE 1073741823;

CREATE TABLE IF NOT EXISTS order_number_secret (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  secret  bytea   NOT NULL CHECK (octet_length(secret) = 16)
);
-- Orders are found by their numbers only as long as it stays the same.
INSERT INTO order_number_secret (secret) VALUES (substring(
  sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) FROM 1 FOR 16))
ON CONFLICT DO NOTHING;
