-- souk: no-transaction
-- What the lists of the API need beyond the RFC's indexes: every page is a range of one index.

-- All products by price, from a (price, id) cursor. By age needs no index: ids grow with time.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_products_price
  ON products (price, id) WHERE is_active;

-- A category's products by age. Without it a page of a small category reads the whole catalogue. The
-- price rides along, so that a page within a price range is found in the index alone, as it would be
-- in the next one; the planner would else prefer that and sort.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_products_category_newest
  ON products (category_id, id) INCLUDE (price) WHERE is_active;

-- A category's products by price, from a (price, id) cursor, out of the index alone.
--
-- The RFC's idx_products_category_price ends before the id. PostgreSQL then sorts by it, and because
-- it takes a range with unknown bounds for narrow, it sorts all that is left of the category for
-- each page: 37,000 pages read and 234 ms for one of a department of 200,000 products.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_products_category_price_id
  ON products (category_id, price, id) WHERE is_active;

-- All of a user's orders, newest first. The RFC's idx_orders_user_date leaves cancelled orders out,
-- so PostgreSQL can use it only for queries that leave them out too; buyers see theirs. The id
-- breaks ties between orders of one microsecond, which a cursor needs.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_orders_user_newest
  ON orders (user_id, order_date DESC, id DESC);
