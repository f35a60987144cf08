-- What was sold, by day (UTC) of the event. Written by the batch writer only, from events; money is
-- in minor units.
CREATE TABLE order_statistics (
  day              date    NOT NULL,
  currency         char(3) NOT NULL,
  placed           bigint  NOT NULL DEFAULT 0,
  placed_amount    bigint  NOT NULL DEFAULT 0,
  paid             bigint  NOT NULL DEFAULT 0,
  paid_amount      bigint  NOT NULL DEFAULT 0,
  cancelled        bigint  NOT NULL DEFAULT 0,
  cancelled_amount bigint  NOT NULL DEFAULT 0,
  refunded         bigint  NOT NULL DEFAULT 0,
  refunded_amount  bigint  NOT NULL DEFAULT 0,
  PRIMARY KEY (day, currency)
) WITH (fillfactor = 50);

CREATE TABLE product_statistics (
  day        date    NOT NULL,
  product_id uuid    NOT NULL,
  currency   char(3) NOT NULL,
  units      bigint  NOT NULL DEFAULT 0,
  revenue    bigint  NOT NULL DEFAULT 0,
  PRIMARY KEY (day, product_id, currency)
) WITH (fillfactor = 70);

-- Events that are in the figures above: what comes twice counts once. Ids are UUIDv7, so the oldest
-- are the first of the index; each batch clears some away.
CREATE TABLE statistics_events (event_id uuid PRIMARY KEY);
