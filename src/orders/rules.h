// Which state of an order leads to which; pure. The database holds the same table against every
// other writer (migrations/0009_order_transitions_payments.sql).
//
//   pending -> confirmed -> paid -> shipped -> delivered
//      |           |         |         |           |
//      +-----------+         +---------+-----------+
//            |                         |
//        cancelled                 refunded
//
// What is paid is not cancelled but refunded: one way back for the money, and none without it.
// Threading: pure functions.
#pragma once

#include "orders/types.h"

namespace souk::orders::rules {

bool is_legal(Status from, Status to);

// Whether the units go back into the stock: they never left the house.
bool returns_stock(Status from, Status to);

// Whether a buyer may still pay.
bool is_payable(Status status);

}  // namespace souk::orders::rules
