-- What an order says on its own: the name a product had when it was bought.
ALTER TABLE order_items ADD COLUMN product_name text;
UPDATE order_items i SET product_name = p.name FROM products p WHERE p.id = i.product_id;
ALTER TABLE order_items
  ALTER COLUMN product_name SET NOT NULL,
  ADD CHECK (char_length(product_name) BETWEEN 1 AND 200);

-- Every unit that ever came, was promised or went: for each product the movements sum up to its
-- row in product_stocks, whoever writes that.
--
-- Narrow and with one index, because every order line adds a row. No foreign keys: a movement is
-- history, and outlives what caused it.
CREATE TABLE stock_movements (
  id         bigint      GENERATED ALWAYS AS IDENTITY,
  product_id uuid        NOT NULL,
  on_hand    integer     NOT NULL,  -- units that came, or went
  reserved   integer     NOT NULL,  -- units that were promised, or are free again
  reason     text        NOT NULL
             CHECK (reason IN ('counted', 'sold', 'returned', 'held', 'released')),
  cause_id   uuid,                  -- the order sold or returned, the reservation held or released
  moved_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (product_id, id),
  CHECK (on_hand <> 0 OR reserved <> 0),
  CHECK ((reason = 'counted') = (cause_id IS NULL))
);

-- Raised by whoever writes the movements of a change by itself. Of all other changes, a count by
-- hand or an import, the trigger notes what they came to.
ALTER TABLE product_stocks ADD COLUMN noted bigint NOT NULL DEFAULT 0;

CREATE FUNCTION note_stock_counts() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO stock_movements (product_id, on_hand, reserved, reason)
    SELECT product_id, quantity, reserved, 'counted' FROM new_rows
    WHERE quantity <> 0 OR reserved <> 0;
  ELSE
    INSERT INTO stock_movements (product_id, on_hand, reserved, reason)
    SELECT product_id, -quantity, -reserved, 'counted' FROM old_rows
    WHERE quantity <> 0 OR reserved <> 0;
  END IF;
  RETURN NULL;
END
$$;

CREATE FUNCTION note_stock_count() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO stock_movements (product_id, on_hand, reserved, reason)
  VALUES (NEW.product_id, NEW.quantity - OLD.quantity, NEW.reserved - OLD.reserved, 'counted');
  RETURN NULL;
END
$$;

CREATE TRIGGER note_inserts AFTER INSERT ON product_stocks REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION note_stock_counts();
-- By row, for its condition: on the way of an order no function is called.
CREATE TRIGGER note_updates AFTER UPDATE ON product_stocks FOR EACH ROW
  WHEN (NEW.noted = OLD.noted AND (NEW.quantity, NEW.reserved) <> (OLD.quantity, OLD.reserved))
  EXECUTE FUNCTION note_stock_count();
CREATE TRIGGER note_deletes AFTER DELETE ON product_stocks REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION note_stock_counts();

-- Nor one that raises the version of a row whose update has done so.
DROP TRIGGER raise_version ON product_stocks;
CREATE TRIGGER raise_version BEFORE UPDATE ON product_stocks FOR EACH ROW
  WHEN (NEW.version <> OLD.version + 1) EXECUTE FUNCTION raise_version();

INSERT INTO stock_movements (product_id, on_hand, reserved, reason)
SELECT product_id, quantity, reserved, 'counted' FROM product_stocks
WHERE quantity <> 0 OR reserved <> 0;

-- Units promised to a cart for a while. They stay on hand and are reserved until the cart is
-- ordered, let go, or forgotten.
CREATE TABLE reservations (
  id         uuid        PRIMARY KEY,
  user_id    uuid        NOT NULL REFERENCES users ON DELETE RESTRICT,
  status     text        NOT NULL DEFAULT 'held'
                         CHECK (status IN ('held', 'ordered', 'released', 'expired')),
  expires_at timestamptz NOT NULL,
  order_id   uuid        UNIQUE REFERENCES orders,
  created_at timestamptz NOT NULL DEFAULT now(),
  CHECK (expires_at > created_at),
  CHECK ((status = 'ordered') = (order_id IS NOT NULL))
);
CREATE INDEX reservations_due ON reservations (expires_at) WHERE status = 'held';
CREATE INDEX reservations_held ON reservations (user_id) WHERE status = 'held';

CREATE TABLE reservation_items (
  reservation_id uuid     NOT NULL REFERENCES reservations ON DELETE CASCADE,
  line_no        smallint NOT NULL CHECK (line_no BETWEEN 1 AND 100),
  product_id     uuid     NOT NULL REFERENCES products ON DELETE RESTRICT,
  quantity       integer  NOT NULL CHECK (quantity > 0),
  PRIMARY KEY (reservation_id, line_no),
  UNIQUE (reservation_id, product_id)
);
