-- souk: no-transaction
-- Products that are not for sale, for those who manage them: a category's by age. The other indexes of
-- lists leave them out.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_products_category_inactive
  ON products (category_id, id) WHERE NOT is_active;
