-- A key is committed by the transaction that places its order or not at all, and neither orders nor
-- buyers who have any are ever deleted: what the two foreign keys looked up for every order could
-- not be otherwise.
ALTER TABLE idempotency_keys
  DROP CONSTRAINT idempotency_keys_user_id_fkey,
  DROP CONSTRAINT idempotency_keys_order_id_fkey;
