-- souk: no-transaction
-- The five indexes of RFC-004, by its names. Every statement can be run again: the migrator drops
-- an invalid index that a broken CONCURRENTLY left behind and starts the file over.

-- Full-text search. A query must spell the same expression to use it.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_products_search
  ON products USING gin (to_tsvector('english', name || ' ' || description));

-- A category's products by price.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_products_category_price
  ON products (category_id, price) WHERE is_active;

-- A user's live orders by date.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_orders_user_date
  ON orders (user_id, order_date DESC) WHERE status <> 'cancelled';

-- Is this product in stock? Smaller than the primary key where much is sold out.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_product_stocks_product_id
  ON product_stocks (product_id) WHERE quantity > 0;

-- A user's addresses, the default one first.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_user_addresses_user_default
  ON user_addresses (user_id, is_default) WHERE is_active;
