// Hands out the numbers of new orders, from blocks of the database's sequence, so that an order
// costs no statement for its own. What is left of a block when a node ends is never used.
//
// Threading: one worker. Ownership: borrows the pool, which outlives it.
#pragma once

#include <optional>

#include "orders/order_number.h"
#include "orders/store.h"

namespace souk::orders {

// Numbers of consecutive serial numbers.
struct NumberRange {
  OrderNumbers numbers;
  std::int64_t first = 0;

  std::int64_t serial(std::size_t place) const { return first + static_cast<std::int64_t>(place); }
  std::string number(std::size_t place) const { return numbers.number(serial(place)); }
};

class NumberBlocks {
 public:
  explicit NumberBlocks(postgres::Pool& pool) : pool_(pool) {}

  // Runs a statement if less is left of the block. REQUIRES: count <= store::kNumberBlock. Throws
  // Unavailable.
  runtime::Task<NumberRange> take(std::size_t count) {
    if (!block_ || left_ < count) {
      runtime::Context context;
      block_ = co_await store::next_number_block(pool_, context);
      left_ = store::kNumberBlock;
    }
    const auto first =
        block_->first +
        static_cast<std::int64_t>(store::kNumberBlock - std::exchange(left_, left_ - count));
    co_return NumberRange{OrderNumbers(block_->secret), first};
  }

 private:
  postgres::Pool& pool_;
  std::optional<store::NumberBlock> block_;
  std::size_t left_ = 0;
};

}  // namespace souk::orders
