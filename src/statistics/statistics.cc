#include "statistics/statistics.h"

#include "statistics/store.h"

namespace souk::statistics {

using runtime::Context;
using runtime::Task;

namespace {

// The smallest UUIDv7 of a time.
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
  return {std::string(kJobKind), {kEvents.begin(), kEvents.end()}};
}

Statistics::Statistics(runtime::Loop& loop, postgres::Pool& pool, const Clock& clock,
                       telemetry::Registry& registry, jobs::BatchLimits limits)
    : pool_(pool),
      clock_(clock),
      batches_(
          loop, limits, [this](std::span<const Counted> events) { return write(events); },
          jobs::BatchMetrics(registry, "statistics")) {}

Task<void> Statistics::run(Context&, const jobs::Job& job) {
  std::vector<Counted> events;
  std::optional<Error> refused;
  for (const auto& event : jobs::read_events(job.payload)) {
    auto counted = read_counted(event);
    if (counted) {
      events.push_back(*std::move(counted));
    } else {
      refused = std::move(counted).error();
    }
  }
  co_await batches_.add_all(std::move(events));
  if (refused) throw jobs::Rejected(refused->detail);
}

Task<void> Statistics::write(std::span<const Counted> events) {
  Context context{.deadline = std::chrono::steady_clock::now() + kWriteTimeout};
  co_await pool_.retry(context, [&] { return write_once(context, events); });
}

Task<void> Statistics::write_once(Context& context, std::span<const Counted> events) {
  auto transaction = co_await pool_.begin(context);
  const auto inserted = co_await transaction.pipeline(
      store::insert_new(events), store::delete_before(first_id_at(clock_.now() - kRemembered)));
  const auto sums = sum_up(events, store::read_inserted(inserted[0]));
  co_await transaction.pipeline_and_commit(store::add_days(sums), store::add_products(sums));
}

}  // namespace souk::statistics
