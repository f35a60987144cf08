// Counts sales by day: the handler of `statistics.record` jobs, which hold events, and of
// `statistics.record_orders` jobs, which name placed orders. Batches of 100 events, or those within
// 30 s of the first, are added up and written by one transaction (RFC-004, section 5); a job is
// done when its events are committed.
//
// Threading: loop thread only. Ownership: borrows all it is made with; close() before it is
// destroyed.
#pragma once

#include <chrono>
#include <string>

#include "base/clock.h"
#include "jobs/batch_writer.h"
#include "jobs/consumer.h"
#include "jobs/handler.h"
#include "postgres/pool.h"
#include "statistics/sums.h"

namespace souk::statistics {

inline constexpr std::string_view kJobKind = "statistics.record";
inline constexpr std::string_view kOrdersKind = "statistics.record_orders";

// Consumes the events that are counted.
class Counting final : public jobs::Consumer {
 public:
  runtime::Task<void> consume(runtime::Context& context, jobs::EventBatch& events,
                              std::vector<jobs::NewJob>& jobs) override;
};

// A repetition after this time counts again: far longer than any retry takes.
inline constexpr std::chrono::days kRemembered{30};

inline constexpr std::chrono::seconds kWriteTimeout{10};  // of a batch

class Statistics final : public jobs::Handler {
 public:
  Statistics(runtime::Loop& loop, postgres::Pool& pool, const Clock& clock,
             telemetry::Registry& registry, jobs::BatchLimits limits = {});

  // An order that cannot be counted becomes a dead letter alone. Of a job that holds events throws
  // jobs::Rejected after all are counted but what is none.
  runtime::Task<void> run(runtime::Context& context, const jobs::Job& job) override;
  bool waits() const override { return true; }
  // Writes waiting and later events at once.
  void drain() { batches_.drain(); }
  runtime::Task<void> close() { return batches_.close(); }

 private:
  runtime::Task<void> count_orders(const jobs::Job& job);
  runtime::Task<void> write(std::span<const Counted> events);
  runtime::Task<void> write_once(runtime::Context& context, std::span<const Counted> events);

  postgres::Pool& pool_;
  const Clock& clock_;
  telemetry::Registry& registry_;
  telemetry::Counter& orders_gone_;
  jobs::BatchWriter<Counted> batches_;
};

}  // namespace souk::statistics
