-- souk: no-transaction
-- What administrators look for orders by. Every statement can be run again.

-- Orders of a status that few have. Not of pending ones, so that an order that is placed pays nothing
-- for it, nor of delivered ones, which are found among all by date.
CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_by_status ON orders (status, order_date, id)
  WHERE status NOT IN ('pending', 'delivered');

-- Buyers by the beginnings of the words of their names and e-mail addresses.
CREATE INDEX CONCURRENTLY IF NOT EXISTS users_words ON users
  USING gin (to_tsvector('simple', name || ' ' || translate(email, '@.+-_', '     ')));
