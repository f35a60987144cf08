-- souk: no-transaction
-- The merchant's own number of a product: optional, unique, compared byte by byte in normal form C.
-- Products that are here already get none.

ALTER TABLE products
  ADD COLUMN IF NOT EXISTS sku text COLLATE "C",
  DROP CONSTRAINT IF EXISTS products_sku_check,
  ADD CONSTRAINT products_sku_check CHECK (
    char_length(sku) BETWEEN 1 AND 64 AND sku IS NFC NORMALIZED AND sku = btrim(sku)) NOT VALID;
ALTER TABLE products VALIDATE CONSTRAINT products_sku_check;

CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS products_sku_key ON products (sku);

-- Lists of one SKU have the tag skus.
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
      UNION ALL SELECT 'skus', NULL WHERE was_sold AND is_sold AND o.sku IS DISTINCT FROM n.sku
    ) dropped (tag, version);
  END IF;
  PERFORM pg_notify('souk_changes', '');
  RETURN NULL;
END
$$;
