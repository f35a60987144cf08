-- How many visits of customers became orders, by how fast the shop answered: the mean response time of the
-- reads of a visit is above slower_than_ms, and not above the next bound. Sums alone: a few rows a day.
CREATE TABLE visit_statistics (
  day            date    NOT NULL,  -- on which the visits began, UTC
  slower_than_ms integer NOT NULL CHECK (slower_than_ms >= 0),
  visits         bigint  NOT NULL CHECK (visits >= 0),
  with_hold      bigint  NOT NULL CHECK (with_hold BETWEEN 0 AND visits),
  with_order     bigint  NOT NULL CHECK (with_order BETWEEN 0 AND visits),
  with_payment   bigint  NOT NULL CHECK (with_payment BETWEEN 0 AND visits),
  PRIMARY KEY (day, slower_than_ms)
);
