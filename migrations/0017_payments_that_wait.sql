-- Payments that wait for people (bank transfer, cash on delivery: an administrator records the
-- money), payments whose provider contradicts the books, and requests whose key binds their body.

ALTER TABLE payments
  ADD COLUMN pays_later       boolean NOT NULL DEFAULT false,  -- a person records what was paid
  ADD COLUMN refund_reference text  CHECK (char_length(refund_reference) BETWEEN 1 AND 200),
  ADD COLUMN request_hash     bytea CHECK (octet_length(request_hash) = 32),
  -- The provider's books say something else. It is looked up there until both agree.
  ADD COLUMN disagrees_since  timestamptz CHECK (disagrees_since IS NULL OR NOT pays_later),
  -- An order of nothing is paid without a provider, and no other one is.
  ADD CONSTRAINT payments_none_for_nothing CHECK (provider <> 'none' OR amount = 0);

ALTER TABLE payment_events
  ADD COLUMN request_hash bytea CHECK (octet_length(request_hash) = 32);

-- Whether the next step is a person's, so that nobody is to be asked.
CREATE FUNCTION payment_waits_for_people(status text, goal text, pays_later boolean)
RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT pays_later AND (status, goal) IN (('created', 'captured'), ('captured', 'returned'))
$$;

ALTER TABLE payments
  DROP CONSTRAINT payments_check,
  ADD CONSTRAINT payments_due_until_settled CHECK ((due_at IS NULL) = (disagrees_since IS NULL AND
    (payment_is_settled(status, goal) OR payment_waits_for_people(status, goal, pays_later))));

-- As before, and what only a look-up at the provider may tell: money that it holds for a payment
-- that had failed or was cancelled.
CREATE OR REPLACE FUNCTION payment_transition_is_legal(from_status text, to_status text)
RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (from_status, to_status) IN (
    ('created', 'authorised'), ('created', 'captured'), ('created', 'refunded'),
    ('created', 'failed'), ('created', 'cancelled'),
    ('authorised', 'captured'), ('authorised', 'refunded'),
    ('authorised', 'failed'), ('authorised', 'cancelled'),
    ('captured', 'refunded'),
    ('failed', 'authorised'), ('failed', 'captured'),
    ('cancelled', 'authorised'), ('cancelled', 'captured'))
$$;

-- Money that goes back does not keep the order from being paid by another payment.
DROP INDEX payments_one_active;
CREATE UNIQUE INDEX payments_one_active ON payments (order_id)
  WHERE status IN ('created', 'authorised', 'captured') AND goal = 'captured';

-- As before; a payment that waits for money which has not come is over with its order.
CREATE OR REPLACE FUNCTION record_order_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO order_transitions (order_id, seq, from_status, to_status, actor_kind, note)
  VALUES (NEW.id, NEW.version, OLD.status, NEW.status, 'system', 'by ' || session_user)
  ON CONFLICT (order_id, seq) DO NOTHING;
  IF NEW.status = 'cancelled' THEN
    UPDATE payments SET goal = 'returned', status = 'cancelled', method = NULL, due_at = NULL
    WHERE order_id = NEW.id AND status = 'created' AND pays_later;
    UPDATE payments SET goal = 'returned', due_at =
      CASE WHEN payment_waits_for_people(status, 'returned', pays_later) THEN due_at
           ELSE coalesce(due_at, now()) END
    WHERE order_id = NEW.id AND goal = 'captured' AND status IN ('created', 'authorised', 'captured');
  END IF;
  RETURN NULL;
END
$$;
