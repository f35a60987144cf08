-- The books of the stock, by hand: shares nothing with Souk's own audit. Prints a line for each thing that is wrong.
-- psql -XqtA -d DATABASE -f ledger.sql
-- Orders of `souk seed` were never taken from the stock: each of them differs from the ledger.
\pset fieldsep ' '
SET search_path = public;

-- What there is must be what the movements add up to.
SELECT 'stock is not the sum of its movements:', s.product_id, s.quantity, s.reserved, m.on_hand, m.reserved
FROM product_stocks s
LEFT JOIN (SELECT product_id, sum(on_hand) AS on_hand, sum(reserved) AS reserved FROM stock_movements GROUP BY 1) m USING (product_id)
WHERE s.quantity <> coalesce(m.on_hand, 0) OR s.reserved <> coalesce(m.reserved, 0);

-- Nothing is promised twice.
SELECT 'more is promised than there is:', product_id, quantity, reserved FROM product_stocks
WHERE reserved > quantity OR reserved < 0;

-- What is promised must be what carts hold and what orders wait for.
WITH promises AS (
  SELECT i.product_id, i.quantity - i.shipped - i.released AS units
  FROM order_items i JOIN orders o ON o.id = i.order_id
  WHERE o.status NOT IN ('shipped', 'delivered', 'cancelled', 'refunded')
  UNION ALL
  SELECT i.product_id, coalesce(r.left_units[i.line_no], i.quantity)
  FROM reservation_items i JOIN reservations r ON r.id = i.reservation_id WHERE r.status = 'held')
SELECT 'reserved units are not those of orders and holds:', s.product_id, s.reserved, p.units
FROM product_stocks s LEFT JOIN (SELECT product_id, sum(units) AS units FROM promises GROUP BY 1) p USING (product_id)
WHERE s.reserved <> coalesce(p.units, 0);

-- What has left the warehouse by shipments must have left it in the ledger, order by order.
SELECT 'shipments and ledger differ:', coalesce(l.cause_id, s.order_id), coalesce(l.product_id, s.product_id), l.units, s.units
FROM (SELECT cause_id, product_id, -sum(on_hand) AS units FROM stock_movements WHERE reason = 'shipped' GROUP BY 1, 2) l
FULL JOIN (SELECT order_id, product_id, sum(quantity) AS units FROM shipments JOIN shipment_items ON shipment_id = shipments.id
           GROUP BY 1, 2) s ON s.order_id = l.cause_id AND s.product_id = l.product_id
WHERE coalesce(l.units, 0) <> coalesce(s.units, 0);

-- Each line of an order has been taken once: as many movements as units, none for what was never ordered.
SELECT 'ordered units and ledger differ:', coalesce(l.cause_id, i.order_id), coalesce(l.product_id, i.product_id), l.units, i.quantity
FROM (SELECT cause_id, product_id, sum(reserved) AS units FROM stock_movements WHERE reason = 'ordered' GROUP BY 1, 2) l
FULL JOIN order_items i ON i.order_id = l.cause_id AND i.product_id = l.product_id
WHERE l.units IS DISTINCT FROM i.quantity;

-- An order costs what its lines cost; no more went back than was paid.
SELECT 'an order is not the sum of its lines:', o.id, o.total FROM orders o
WHERE o.total <> (SELECT sum(quantity * unit_price) FROM order_items i WHERE i.order_id = o.id);
SELECT 'more was returned than was paid:', p.id, p.amount, p.refunded FROM payments p WHERE p.refunded > p.amount;
