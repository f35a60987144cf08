#include "statistics/statistics.h"

#include "statistics/store.h"

namespace souk::statistics {

using runtime::Context;
using runtime::Task;

namespace {

// The least UUIDv7 of a moment.
Uuid first_id_at(Timestamp time) {
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
  Uuid id;
  for (int i = 0; i < 6; ++i) {
    id.bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(ms >> (8 * (5 - i)));
  }
  return id;
}

}  // namespace

jobs::EventsTogether consumer() {
  return {std::string(kJobKind),
          {"order.placed", "order.paid", "order.cancelled", "order.refunded"}};
}

Statistics::Statistics(runtime::Loop& loop, postgres::Pool& pool, const Clock& clock,
                       telemetry::Registry& registry, jobs::BatchLimits limits)
    : pool_(pool),
      clock_(clock),
      batches_(
          loop, limits, [this](std::span<const std::string> events) { return write(events); },
          jobs::BatchMetrics(registry, "statistics")) {}

Task<void> Statistics::run(Context&, const jobs::Job& job) {
  co_await batches_.add_all(jobs::events_of(job.payload));
}

Task<void> Statistics::write(std::span<const std::string> events) {
  Context context{.deadline = std::chrono::steady_clock::now() + kWriteTimeout};
  co_await store::record(pool_, context, events, first_id_at(clock_.now() - kRemembered));
}

}  // namespace souk::statistics
