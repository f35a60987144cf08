// What orders' events come to, by day and by product; pure.
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

// Errors: validation_failed, where it is not of kEvents or tells of no order.
Result<Counted> read_counted(const jobs::Event& event);

struct DaySums {
  std::array<std::int64_t, kEvents.size()> events{};
  std::array<std::int64_t, kEvents.size()> amounts{};  // minor units
};
struct ProductSums {
  std::int64_t units = 0;
  std::int64_t revenue = 0;  // minor units
};
// Sorted as every batch writes them, so that no two can wait for each other.
struct Sums {
  std::map<std::tuple<std::chrono::sys_days, Currency>, DaySums> days;
  std::map<std::tuple<std::chrono::sys_days, ProductId, Currency>, ProductSums> products;
};

// Counts an event once. What does not fit into 64 bits stays at their end, which the database then
// refuses to add.
Sums sum_up(std::span<const Counted> events, std::vector<Uuid> fresh);

}  // namespace souk::statistics
