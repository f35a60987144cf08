-- While a secret is being replaced, what is sent is signed with the previous one too.
ALTER TABLE webhook_endpoints
  ADD COLUMN previous_secret text,
  ADD COLUMN previous_until  timestamptz,
  ADD CHECK ((previous_secret IS NULL) = (previous_until IS NULL));
