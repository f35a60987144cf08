// The legal transitions of an order; pure. The database enforces the same table for every other
// writer (order_transition_is_legal() in migrations).
//
//                                +-> partially_shipped -+
//                                |                      v
//   pending -> confirmed -> paid +-------------------> shipped -> delivered
//      |           |         |           |                |           |
//      +-----------+         +-----------+----------------+-----------+
//            |                                   |
//        cancelled                           refunded
//
// A paid order is refunded, never cancelled: one way to return money, and none without returning
// it.
// Threading: pure functions.
#pragma once

#include "orders/types.h"

namespace souk::orders::rules {

bool is_legal(Status from, Status to);

// Whether units that were not shipped are not promised to the order any more.
bool returns_stock(Status from, Status to);

// Whether a buyer may still pay.
bool is_payable(Status status);

}  // namespace souk::orders::rules
