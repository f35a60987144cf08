-- souk: no-transaction
-- Prices are compared within one currency, so every index that a page in an order or a range of prices
-- is read from begins with it, or carries it along. They stand in for those of 0005 without it.

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_products_currency_price
  ON products (currency, price, id) WHERE is_active;
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_products_category_currency_price
  ON products (category_id, currency, price, id) WHERE is_active;
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_products_category_newest_priced
  ON products (category_id, id) INCLUDE (price, currency) WHERE is_active;

DROP INDEX CONCURRENTLY IF EXISTS idx_products_price;
DROP INDEX CONCURRENTLY IF EXISTS idx_products_category_price_id;
DROP INDEX CONCURRENTLY IF EXISTS idx_products_category_newest;
