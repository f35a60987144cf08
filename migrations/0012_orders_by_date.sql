-- souk: no-transaction
-- Orders of all buyers by date: what exports walk and reports sum up. The id breaks ties, which a
-- walk needs. Orders come in the order of their dates, so that an insert finds its place at the end.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_orders_date ON orders (order_date, id);
