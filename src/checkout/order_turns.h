// Waiting orders, by turns of their buyers: a buyer with many orders waits behind its own, not in
// front of others.
//
// Threading: none of its own. Ownership: borrows the orders until they are taken or removed.
#pragma once

#include <cstddef>
#include <deque>
#include <unordered_map>
#include <vector>

#include "checkout/pending_order.h"

namespace souk::checkout {

class OrderTurns {
 public:
  std::size_t size() const { return size_; }
  void push(PendingOrder& order);
  // False if it does not wait here any more.
  bool remove(const PendingOrder& order);
  struct Most {
    std::size_t orders;
    std::size_t lines;
  };
  // One of each buyer in turn; at least one if any waits, however many lines it has. Never two with
  // the same idempotency key of a buyer: the second must see the outcome of the first.
  std::vector<PendingOrder*> take(Most most);

 private:
  // The waiting orders of one buyer, first to last, linked by PendingOrder::next.
  struct Line {
    PendingOrder* first = nullptr;
    PendingOrder* last = nullptr;
  };

  std::size_t size_ = 0;
  // A buyer in the list has an entry here, empty if its orders were removed.
  std::unordered_map<UserId, Line> lines_;
  std::deque<UserId> turns_;
};

}  // namespace souk::checkout
