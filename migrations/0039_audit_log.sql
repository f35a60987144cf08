-- Who signed in, and what administrators asked for. Rows are only ever added: an owner of the table could
-- drop these triggers, but no statement of the program and no slip in psql changes or removes a row before
-- it is 30 days old.

CREATE TABLE audit_log (
  id      uuid        PRIMARY KEY,  -- UUIDv7: in the order of time
  at      timestamptz NOT NULL,
  user_id uuid,                     -- no foreign key: a row outlives its account; NULL: `souk admin`
  action  text        NOT NULL CHECK (char_length(action) BETWEEN 1 AND 60),  -- an operation of the API
  subject text        NOT NULL CHECK (char_length(subject) <= 300),           -- its path
  network text        NOT NULL CHECK (char_length(network) <= 60)             -- of the client; '': loopback
);

CREATE INDEX audit_log_of_user ON audit_log (user_id, id);
CREATE INDEX audit_log_of_action ON audit_log (action, id);

CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.at < now() - interval '30 days' THEN
      RETURN OLD;
    END IF;
  END IF;
  RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'integrity_constraint_violation';
END
$$;

CREATE TRIGGER audit_log_keeps_rows BEFORE UPDATE OR DELETE ON audit_log
  FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_log_keeps_all BEFORE TRUNCATE ON audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
