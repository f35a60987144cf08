-- souk: no-transaction
-- What the lists of the API need beyond the RFC's indexes: every page is a range of one index.

-- All products by price, from a (price, id) cursor. By age needs no index: ids grow with time.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_products_price
  ON products (price, id) WHERE is_active;

-- A category's products by age. Without it a page of a small category reads the whole catalogue.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_products_category_newest
  ON products (category_id, id) WHERE is_active;

-- All of a user's orders, newest first. The RFC's idx_orders_user_date leaves cancelled orders out,
-- so PostgreSQL can use it only for queries that leave them out too; buyers see theirs. The id
-- breaks ties between orders of one microsecond, which a cursor needs.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_orders_user_newest
  ON orders (user_id, order_date DESC, id DESC);
