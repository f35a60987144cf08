-- What was bought. Orders and their lines are history: users and products they name cannot be
-- deleted, only deactivated.

CREATE TABLE orders (
  id           uuid        PRIMARY KEY,
  user_id      uuid        NOT NULL REFERENCES users ON DELETE RESTRICT,
  status       text        NOT NULL DEFAULT 'pending'
                           CHECK (status IN ('pending', 'confirmed', 'paid', 'shipped', 'delivered',
                                             'cancelled', 'refunded')),
  order_date   timestamptz NOT NULL DEFAULT now(),
  total        bigint      NOT NULL CHECK (total >= 0),
  currency     char(3)     NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  address_id   uuid,
  cancelled_at timestamptz,
  version      bigint      NOT NULL DEFAULT 1 CHECK (version >= 1),
  updated_at   timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (user_id, address_id) REFERENCES user_addresses (user_id, id)
    ON DELETE SET NULL (address_id),
  CHECK (status <> 'cancelled' OR cancelled_at IS NOT NULL),
  CHECK (cancelled_at IS NULL OR status IN ('cancelled', 'refunded'))
);

CREATE TRIGGER raise_version BEFORE UPDATE ON orders
  FOR EACH ROW EXECUTE FUNCTION raise_version();

-- Money of a line is in the order's currency. One line per product and at most 100 lines.
CREATE TABLE order_items (
  order_id   uuid     NOT NULL REFERENCES orders ON DELETE CASCADE,
  line_no    smallint NOT NULL CHECK (line_no BETWEEN 1 AND 100),
  product_id uuid     NOT NULL REFERENCES products ON DELETE RESTRICT,
  quantity   integer  NOT NULL CHECK (quantity > 0),
  unit_price bigint   NOT NULL CHECK (unit_price >= 0),
  PRIMARY KEY (order_id, line_no),
  UNIQUE (order_id, product_id)
);

-- The first outcome of a request that may be sent again. The order is checked at COMMIT, so that a
-- transaction may claim its keys before it writes the orders.
CREATE TABLE idempotency_keys (
  user_id      uuid        NOT NULL REFERENCES users ON DELETE CASCADE,
  key          text        NOT NULL CHECK (char_length(key) BETWEEN 1 AND 255),
  request_hash bytea       NOT NULL CHECK (octet_length(request_hash) = 32),
  order_id     uuid        NOT NULL REFERENCES orders ON DELETE CASCADE
                           DEFERRABLE INITIALLY DEFERRED,
  created_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, key)
);
