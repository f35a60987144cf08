-- A category below itself is in no tree and so in no list. Moves wait for each other, so that two of
-- them do not make a loop that neither sees: the lock is taken before any row is. The walk locks what it
-- passes, which a transaction with an older snapshot is refused.
CREATE FUNCTION lock_category_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('souk category moves', 0));
  RETURN NULL;
END
$$;

CREATE FUNCTION refuse_category_loop() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  depth_max CONSTANT integer := 100;
  ancestor uuid := NEW.parent_id;
BEGIN
  FOR depth IN 1 .. depth_max LOOP
    IF ancestor IS NULL THEN
      RETURN NULL;
    END IF;
    EXIT WHEN ancestor = NEW.id;
    SELECT parent_id INTO ancestor FROM categories WHERE id = ancestor FOR SHARE;
  END LOOP;
  RAISE EXCEPTION 'category % would be below itself, or more than % deep', NEW.id, depth_max
    USING ERRCODE = 'check_violation', TABLE = 'categories', CONSTRAINT = 'categories_no_loop';
END
$$;

CREATE TRIGGER lock_moves BEFORE INSERT OR UPDATE OF parent_id ON categories
  FOR EACH STATEMENT EXECUTE FUNCTION lock_category_moves();
CREATE TRIGGER refuse_loops AFTER INSERT OR UPDATE OF parent_id ON categories FOR EACH ROW
  WHEN (NEW.parent_id IS NOT NULL) EXECUTE FUNCTION refuse_category_loop();

-- Categories have no API, so what src/base/text.h says of names is said here again: one line, nothing
-- that turns directions, and something to be seen. What is there already may stay.
ALTER TABLE categories ADD CONSTRAINT categories_name_readable CHECK (
  name !~ '[\u0001-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069]'
  AND name ~ ('[^\s\u00A0\u00AD\u034F\u061C\u115F\u1160\u1680\u17B4\u17B5\u180B-\u180F\u2000-\u200F'
              '\u202F\u205F-\u206F\u2800\u3000\u3164\uFE00-\uFE0F\uFEFF\uFFA0]')) NOT VALID;

-- Orders and ranges of prices are within one currency: another currency is another price.
CREATE OR REPLACE FUNCTION log_product_changes() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  bulk CONSTANT integer := 1000;
  before products[] := '{}';
  after products[] := '{}';
BEGIN
  IF TG_OP IN ('UPDATE', 'DELETE') THEN
    before := ARRAY(SELECT old_rows FROM old_rows LIMIT bulk + 1);
  END IF;
  IF TG_OP IN ('UPDATE', 'INSERT') THEN
    after := ARRAY(SELECT new_rows FROM new_rows LIMIT bulk + 1);
  END IF;
  IF TG_OP = 'TRUNCATE' OR greatest(cardinality(before), cardinality(after)) > bulk THEN
    INSERT INTO change_log (topic, tag) VALUES ('catalog', '*');
  ELSE
    INSERT INTO change_log (topic, tag, version)
    SELECT DISTINCT 'catalog', dropped.tag, dropped.version
    FROM unnest(before) o FULL JOIN unnest(after) n ON o.id = n.id
    CROSS JOIN LATERAL (
      SELECT coalesce(o.is_active, false) AS was_sold, coalesce(n.is_active, false) AS is_sold,
             o.category_id <> n.category_id AS moved,
             (o.price, o.currency) IS DISTINCT FROM (n.price, n.currency) AS priced
    ) s
    CROSS JOIN LATERAL (
      SELECT 'product:' || coalesce(n.id, o.id), coalesce(n.version, o.version + 1)
      UNION ALL SELECT 'products', NULL WHERE was_sold <> is_sold
      UNION ALL SELECT 'category:' || c.id, NULL FROM category_and_above(o.category_id) c
        WHERE was_sold AND (moved OR NOT is_sold)
      UNION ALL SELECT 'category:' || c.id, NULL FROM category_and_above(n.category_id) c
        WHERE is_sold AND (moved OR NOT was_sold)
      UNION ALL SELECT 'prices', NULL WHERE was_sold AND is_sold AND priced
      UNION ALL SELECT 'category:' || c.id || ':prices', NULL
        FROM category_and_above(n.category_id) c WHERE was_sold AND is_sold AND priced
      UNION ALL SELECT 'search', NULL WHERE was_sold AND is_sold
        AND (o.name, o.description) IS DISTINCT FROM (n.name, n.description)
    ) dropped (tag, version);
  END IF;
  PERFORM pg_notify('souk_changes', '');
  RETURN NULL;
END
$$;
