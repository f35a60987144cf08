-- What changed, for whoever keeps copies: every transaction that changes the catalogue or the stock
-- leaves rows here, whoever writes. Caches read the rows of the transactions that they have not seen
-- yet (pg_visible_in_snapshot: none is missed, none is waited for) and drop what the rows name.
--
-- Unlogged: it costs the writer no WAL. After a crash it is empty, and so is change_log_topics, by
-- whose new epoch everybody learns to drop everything.

CREATE UNLOGGED TABLE change_log (
  topic      text        NOT NULL,
  tag        text        NOT NULL,  -- what to drop: the key of an entry, or a tag of many; * is all
  version    bigint,                -- of the row behind the tag from now on; NULL: of no single row
  xid        xid8        NOT NULL DEFAULT pg_current_xact_id(),
  changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX change_log_xid ON change_log (xid);
CREATE INDEX change_log_changed_at ON change_log (topic, changed_at);

-- A row for each topic, made by the first reader who misses it.
CREATE UNLOGGED TABLE change_log_topics (
  topic        text PRIMARY KEY,
  epoch        uuid NOT NULL DEFAULT gen_random_uuid(),  -- a new one: rows may have been lost
  -- Rows of transactions before that one are gone.
  pruned_below xid8 NOT NULL DEFAULT pg_snapshot_xmin(pg_current_snapshot())
);

-- A category and all above it.
CREATE FUNCTION category_and_above(category uuid) RETURNS TABLE (id uuid)
LANGUAGE sql STABLE AS $$
  WITH RECURSIVE above (id, parent_id) AS (
    SELECT c.id, c.parent_id FROM categories c WHERE c.id = category
    UNION SELECT c.id, c.parent_id FROM categories c JOIN above ON c.id = above.parent_id
  )
  SELECT above.id FROM above
$$;

-- Lists carry the tag product:ID of everything on them. What is left to tell are the lists that a
-- change brings a product into or out of sight:
--   products, category:ID            it is for sale now or not any more, or in another category
--   prices, category:ID:prices       it stands elsewhere in an order or a range of prices
--   search                           other words find it
-- So many products at once that few copies would be left are told as one row.
CREATE FUNCTION log_product_changes() RETURNS trigger LANGUAGE plpgsql
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
             o.category_id <> n.category_id AS moved
    ) s
    CROSS JOIN LATERAL (
      SELECT 'product:' || coalesce(n.id, o.id), coalesce(n.version, o.version + 1)
      UNION ALL SELECT 'products', NULL WHERE was_sold <> is_sold
      UNION ALL SELECT 'category:' || c.id, NULL FROM category_and_above(o.category_id) c
        WHERE was_sold AND (moved OR NOT is_sold)
      UNION ALL SELECT 'category:' || c.id, NULL FROM category_and_above(n.category_id) c
        WHERE is_sold AND (moved OR NOT was_sold)
      UNION ALL SELECT 'prices', NULL WHERE was_sold AND is_sold AND o.price <> n.price
      UNION ALL SELECT 'category:' || c.id || ':prices', NULL
        FROM category_and_above(n.category_id) c WHERE was_sold AND is_sold AND o.price <> n.price
      UNION ALL SELECT 'search', NULL WHERE was_sold AND is_sold
        AND (o.name, o.description) IS DISTINCT FROM (n.name, n.description)
    ) dropped (tag, version);
  END IF;
  PERFORM pg_notify('souk_changes', '');
  RETURN NULL;
END
$$;

CREATE TRIGGER log_inserts AFTER INSERT ON products REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION log_product_changes();
CREATE TRIGGER log_updates AFTER UPDATE ON products
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION log_product_changes();
CREATE TRIGGER log_deletes AFTER DELETE ON products REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION log_product_changes();
CREATE TRIGGER log_truncate AFTER TRUNCATE ON products
  FOR EACH STATEMENT EXECUTE FUNCTION log_product_changes();

-- The tree is one entry, and every list of a category hangs on it.
CREATE FUNCTION log_category_changes() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO change_log (topic, tag) VALUES ('catalog', 'categories');
  PERFORM pg_notify('souk_changes', '');
  RETURN NULL;
END
$$;

CREATE TRIGGER log_changes AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON categories
  FOR EACH STATEMENT EXECUTE FUNCTION log_category_changes();

-- On the way of every order, so nothing here but the rows: NOTIFY would make commits wait for each
-- other. Readers look often enough by themselves.
CREATE FUNCTION log_stock_changes() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  bulk CONSTANT integer := 10000;
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    INSERT INTO change_log (topic, tag) VALUES ('stock', '*');
  ELSIF (SELECT count(*) FROM (SELECT FROM changed LIMIT bulk + 1) first_ones) > bulk THEN
    INSERT INTO change_log (topic, tag) VALUES ('stock', '*');
  ELSE
    INSERT INTO change_log (topic, tag, version)
    SELECT 'stock', 'stock:' || product_id, version + CASE TG_OP WHEN 'DELETE' THEN 1 ELSE 0 END
    FROM changed;
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER log_inserts AFTER INSERT ON product_stocks REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION log_stock_changes();
CREATE TRIGGER log_updates AFTER UPDATE ON product_stocks REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION log_stock_changes();
CREATE TRIGGER log_deletes AFTER DELETE ON product_stocks REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION log_stock_changes();
CREATE TRIGGER log_truncate AFTER TRUNCATE ON product_stocks
  FOR EACH STATEMENT EXECUTE FUNCTION log_stock_changes();
