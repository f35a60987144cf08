-- What a shop is asked once, when it is opened: a row, or none yet.
CREATE TABLE shop (
  is_only  boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  currency char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$')  -- in which prices are compared unless another is named
);

CREATE FUNCTION log_shop_changes() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO change_log (topic, tag) VALUES ('catalog', 'currencies');
  PERFORM pg_notify('souk_changes', '');
  RETURN NULL;
END
$$;

CREATE TRIGGER log_changes AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON shop
  FOR EACH STATEMENT EXECUTE FUNCTION log_shop_changes();

-- Lists take a category by its id or by its slug. What is there already may stay.
ALTER TABLE categories ADD CONSTRAINT categories_slug_is_no_id
  CHECK (slug !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$') NOT VALID;
