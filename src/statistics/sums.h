// Adds up orders' events by day and by product; pure.
// Threading: plain values.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <tuple>

#include "base/error.h"
#include "base/uuid.h"
#include "jobs/event.h"
#include "orders/events.h"

namespace souk::statistics {

enum class What : std::uint8_t { kPlaced, kPaid, kCancelled, kRefunded };  // columns
inline constexpr std::size_t kColumns = 4;
// The first ones are of their columns; a part of an order's money is of kRefunded's, too.
inline constexpr std::array<std::string_view, kColumns + 1> kEvents = {
    orders::event_kind(orders::Status::kPending), orders::event_kind(orders::Status::kPaid),
    orders::event_kind(orders::Status::kCancelled), orders::event_kind(orders::Status::kRefunded),
    orders::kPartiallyRefunded};

struct Counted {
  Uuid event;
  What what{};
  std::chrono::sys_days day;  // UTC
  orders::Order order;
  std::int64_t amount = 0;  // the order's total, or what was returned of it
  bool is_part = false;     // a refund after which the order is not refunded: adds no order
  bool is_named = false;    // a placed order of which nothing but its id, the event's, is given
};

// Errors: validation_failed for another kind, or a payload without an order.
Result<Counted> read_counted(const jobs::Event& event);

struct DaySums {
  std::array<std::int64_t, kColumns> events{};
  std::array<std::int64_t, kColumns> amounts{};  // minor units
};
struct ProductSums {
  std::int64_t units = 0;
  std::int64_t revenue = 0;  // minor units
};
// Sorted, the order in which every batch writes, to prevent deadlocks.
struct Sums {
  std::map<std::tuple<std::chrono::sys_days, Currency>, DaySums> days;
  std::map<std::tuple<std::chrono::sys_days, ProductId, Currency>, ProductSums> products;
};

// Counts each new event once, but none that is only named. Saturates at 64 bits, which the
// database then refuses to add to.
Sums sum_up(std::span<const Counted> events, std::vector<Uuid> fresh);
void add_saturating(std::int64_t& sum, std::int64_t more);

}  // namespace souk::statistics
