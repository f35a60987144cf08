-- souk: no-transaction
-- A category's products by price, from a (price, id) cursor, out of the index alone.
--
-- The RFC's idx_products_category_price ends before the id. PostgreSQL then sorts by it, and because
-- it takes a range with unknown bounds for narrow, it sorts all that is left of the category for
-- each page: 37,000 pages read and 234 ms for one of a department of 200,000 products.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_products_category_price_id
  ON products (category_id, price, id) WHERE is_active;
