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

enum class What : std::uint8_t { kPlaced, kPaid, kCancelled, kRefunded };
inline constexpr std::array<std::string_view, 4> kEvents = {
    orders::event_kind(orders::Status::kPending), orders::event_kind(orders::Status::kPaid),
    orders::event_kind(orders::Status::kCancelled), orders::event_kind(orders::Status::kRefunded)};

struct Counted {
  Uuid event;
  What what{};
  std::chrono::sys_days day;  // UTC
  orders::Order order;
};

// Errors: validation_failed for another kind, or a payload without an order.
Result<Counted> read_counted(const jobs::Event& event);

struct DaySums {
  std::array<std::int64_t, kEvents.size()> events{};
  std::array<std::int64_t, kEvents.size()> amounts{};  // minor units
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

// Counts each new event once. Saturates at 64 bits, which the database then refuses to add to.
Sums sum_up(std::span<const Counted> events, std::vector<Uuid> fresh);

}  // namespace souk::statistics
