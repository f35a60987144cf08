-- What becomes of an order, and of the money for it. The rules are the application's
-- (src/orders/rules.h, src/payments/rules.h) and are held here against every other writer too; a
-- test compares both over all pairs.

CREATE FUNCTION order_transition_is_legal(from_status text, to_status text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (from_status, to_status) IN (
    ('pending', 'confirmed'), ('pending', 'cancelled'),
    ('confirmed', 'paid'), ('confirmed', 'cancelled'),
    ('paid', 'shipped'), ('paid', 'refunded'),
    ('shipped', 'delivered'), ('shipped', 'refunded'),
    ('delivered', 'refunded'))
$$;

-- Every change of an order's status after it was placed: who, when, and why where somebody said so.
CREATE TABLE order_transitions (
  order_id    uuid        NOT NULL REFERENCES orders ON DELETE CASCADE,
  seq         bigint      NOT NULL,  -- the order's version from then on
  from_status text        NOT NULL,
  to_status   text        NOT NULL,
  at          timestamptz NOT NULL DEFAULT now(),
  actor_kind  text        NOT NULL
                          CHECK (actor_kind IN ('customer', 'admin', 'system', 'provider')),
  actor_id    uuid        REFERENCES users ON DELETE RESTRICT,
  note        text        NOT NULL DEFAULT '' CHECK (char_length(note) <= 500),
  PRIMARY KEY (order_id, seq),
  CHECK (order_transition_is_legal(from_status, to_status)),
  CHECK ((actor_kind IN ('customer', 'admin')) = (actor_id IS NOT NULL))
);

-- The order of the names is the order of time: a payment only ever goes to the right, and from
-- captured on only to refunded.
CREATE FUNCTION payment_transition_is_legal(from_status text, to_status text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (from_status, to_status) IN (
    ('created', 'authorised'), ('created', 'captured'), ('created', 'refunded'),
    ('created', 'failed'), ('created', 'cancelled'),
    ('authorised', 'captured'), ('authorised', 'refunded'),
    ('authorised', 'failed'), ('authorised', 'cancelled'),
    ('captured', 'refunded'))
$$;

-- Whether nothing is left to ask the provider.
CREATE FUNCTION payment_is_settled(status text, goal text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT status IN ('refunded', 'failed', 'cancelled') OR (status = 'captured' AND goal = 'captured')
$$;

-- `status` is what the provider is known to have done, `goal` what the shop wants of it. A row is
-- committed before the provider is asked, so whoever finds it knows what to ask again.
CREATE TABLE payments (
  id                 uuid        PRIMARY KEY,
  order_id           uuid        NOT NULL REFERENCES orders ON DELETE RESTRICT,
  provider           text        NOT NULL CHECK (char_length(provider) BETWEEN 1 AND 50),
  amount             bigint      NOT NULL CHECK (amount >= 0),
  currency           char(3)     NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  status             text        NOT NULL DEFAULT 'created'
                                 CHECK (status IN ('created', 'authorised', 'captured', 'refunded',
                                                   'failed', 'cancelled')),
  goal               text        NOT NULL DEFAULT 'captured'
                                 CHECK (goal IN ('captured', 'returned')),
  provider_reference text        CHECK (char_length(provider_reference) BETWEEN 1 AND 200),
  -- The provider's token for what the buyer pays with, until the provider has taken it.
  method             text        CHECK (char_length(method) BETWEEN 1 AND 200),
  failure            text        CHECK (char_length(failure) <= 200),
  idempotency_key    text        CHECK (char_length(idempotency_key) BETWEEN 1 AND 255),
  actor_kind         text        NOT NULL  -- who wants the goal
                                 CHECK (actor_kind IN ('customer', 'admin', 'system', 'provider')),
  actor_id           uuid        REFERENCES users ON DELETE RESTRICT,
  created_at         timestamptz NOT NULL DEFAULT now(),
  updated_at         timestamptz NOT NULL DEFAULT now(),
  due_at             timestamptz,  -- when it is taken up again unless it is settled by then
  attempts           integer     NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  UNIQUE (order_id, idempotency_key),
  UNIQUE (provider, provider_reference),
  CHECK ((due_at IS NULL) = payment_is_settled(status, goal)),
  CHECK ((method IS NOT NULL) = (status = 'created')),
  CHECK ((actor_kind IN ('customer', 'admin')) = (actor_id IS NOT NULL))
);

-- An order is charged once.
CREATE UNIQUE INDEX payments_one_active ON payments (order_id)
  WHERE status IN ('created', 'authorised', 'captured');
CREATE INDEX payments_order ON payments (order_id, created_at, id);
CREATE INDEX payments_due ON payments (due_at) WHERE due_at IS NOT NULL;

-- What the provider told us by itself, once each.
CREATE TABLE payment_events (
  provider    text        NOT NULL,
  event_id    text        NOT NULL CHECK (char_length(event_id) BETWEEN 1 AND 200),
  payment_id  uuid        NOT NULL REFERENCES payments ON DELETE CASCADE,
  status      text        NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (provider, event_id)
);

CREATE FUNCTION refuse(constraint_name text, reason text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%', reason USING ERRCODE = 'check_violation', CONSTRAINT = constraint_name;
END
$$;

-- Rows that are imported may begin in any status; from there on only the legal way leads.
CREATE FUNCTION check_order_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT order_transition_is_legal(OLD.status, NEW.status) THEN
    PERFORM refuse('orders_legal_transition',
                   format('an order that is %s cannot become %s', OLD.status, NEW.status));
  END IF;
  IF NEW.status = 'paid' AND NOT EXISTS (
      SELECT FROM payments p
      WHERE p.order_id = NEW.id AND p.status = 'captured' AND p.goal = 'captured') THEN
    PERFORM refuse('orders_paid_by_a_payment', 'an order without a captured payment is not paid');
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER check_transition BEFORE UPDATE OF status ON orders
  FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION check_order_transition();

-- Writers that record nothing, a psql session say, are recorded all the same; and whoever cancels
-- an order has the money for it sent back.
CREATE FUNCTION record_order_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO order_transitions (order_id, seq, from_status, to_status, actor_kind, note)
  VALUES (NEW.id, NEW.version, OLD.status, NEW.status, 'system', 'by ' || session_user)
  ON CONFLICT (order_id, seq) DO NOTHING;
  IF NEW.status = 'cancelled' THEN
    UPDATE payments SET goal = 'returned', due_at = coalesce(due_at, now())
    WHERE order_id = NEW.id AND goal = 'captured' AND status IN ('created', 'authorised', 'captured');
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER record_transition AFTER UPDATE OF status ON orders
  FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION record_order_transition();

CREATE FUNCTION check_order_transition_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM refuse('order_transitions_are_history', 'what became of an order is not rewritten');
END
$$;
CREATE TRIGGER check_row BEFORE UPDATE ON order_transitions
  FOR EACH ROW EXECUTE FUNCTION check_order_transition_row();

CREATE FUNCTION check_payment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  for_order orders;
BEGIN
  IF TG_OP = 'INSERT' THEN
    SELECT * INTO for_order FROM orders WHERE id = NEW.order_id FOR SHARE;
    IF NEW.status = 'created' AND for_order.status NOT IN ('pending', 'confirmed') THEN
      PERFORM refuse('payments_of_open_orders', format('an order that is %s cannot be paid', for_order.status));
    END IF;
    IF (NEW.amount, NEW.currency) <> (for_order.total, for_order.currency) THEN
      PERFORM refuse('payments_of_the_total', 'a payment is of the order''s total');
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.status <> OLD.status AND NOT payment_transition_is_legal(OLD.status, NEW.status) THEN
    PERFORM refuse('payments_legal_transition',
                   format('a payment that is %s cannot become %s', OLD.status, NEW.status));
  END IF;
  IF NEW.goal <> OLD.goal AND OLD.goal = 'returned' THEN
    PERFORM refuse('payments_stay_returned', 'a payment that goes back is not turned round');
  END IF;
  IF (NEW.order_id, NEW.provider, NEW.amount, NEW.currency)
     <> (OLD.order_id, OLD.provider, OLD.amount, OLD.currency) THEN
    PERFORM refuse('payments_keep_their_terms', 'a payment keeps its order, provider and amount');
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER check_payment BEFORE INSERT OR UPDATE ON payments
  FOR EACH ROW EXECUTE FUNCTION check_payment();

-- The sandbox provider's own books: nothing of the shop reads them. A charge is found by the key it
-- was authorised with, so that asking again makes no second one.
CREATE TABLE sandbox_charges (
  key        text        PRIMARY KEY,
  reference  text        NOT NULL UNIQUE,
  method     text        NOT NULL,
  amount     bigint      NOT NULL,
  currency   char(3)     NOT NULL,
  status     text        NOT NULL,
  reason     text        NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE sandbox_calls (
  key   text    PRIMARY KEY,
  count integer NOT NULL DEFAULT 1  -- how often it was asked for
);
