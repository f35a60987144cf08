-- Failed sign-ins are counted, and written together.
ALTER TABLE audit_log ADD COLUMN times integer NOT NULL DEFAULT 1;
