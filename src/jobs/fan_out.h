// Fans an event out to its consumers: each gets a job of its own, so that a failure is not repeated
// by the others and a slow consumer delays none. The jobs of many events are appended together, in
// one transaction, after at most `max_delay`.
//
// An event may be fanned out twice: consumers detect it by the event's id, which their payload
// carries.
//
// Also takes the jobs of kinds kNamedEvents and kFirstEvents, which hold many events. One that
// cannot be told becomes a dead letter alone (dead_parts.h): its aggregate cannot be read, or what
// it tells makes a consumer throw or is refused by the database. The order of an aggregate is kept:
// an event of any other job is postponed while a job of first events that was appended before it is
// unfinished.
//
// Threading: loop thread only. Ownership: borrows all it is made with; close() before it is
// destroyed.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/uuid.h"
#include "jobs/batch_writer.h"
#include "jobs/consumer.h"
#include "jobs/handler.h"
#include "jobs/notifier.h"
#include "jobs/types.h"
#include "postgres/pool.h"
#include "runtime/wait_queue.h"

namespace souk::jobs {

class FanOut final : public Handler {
 public:
  static constexpr std::chrono::seconds kAppendTimeout{10};  // of a batch, consumers included
  static constexpr std::chrono::milliseconds kPauseBehindFirst{50};
  // Batches that are written at once: what named events tell is in memory then.
  static constexpr std::size_t kMaxBatches = 4;
  static constexpr std::chrono::seconds kPauseForOthers{10};  // a node that knows these events

  // `pool` must commit durably: the event's own job is deleted afterwards.
  FanOut(runtime::Loop& loop, postgres::Pool& pool, UuidGenerator& ids, Notifier& notifier,
         telemetry::Registry& registry, std::vector<Consumer*> consumers, EventReader& reader);

  runtime::Task<void> run(runtime::Context& context, const Job& job) override;
  bool waits() const override { return true; }
  void drain() { batches_.drain(); }
  runtime::Task<void> close() { return batches_.close(); }

 private:
  struct Item {
    Job event;
    bool* comes_too_early;  // null: it is the first of its aggregate
  };

  runtime::Task<void> run_first_events(const Job& job);
  runtime::Task<void> write_in_turn(std::span<const Item> items);
  runtime::Task<void> write(std::span<const Item> items);
  runtime::Task<void> append_all(runtime::Context& context, EventBatch& events);
  void count_gone(std::size_t events);

  postgres::Pool& pool_;
  UuidGenerator& ids_;
  Notifier& notifier_;
  const std::vector<Consumer*> consumers_;
  EventReader& reader_;
  telemetry::Registry& registry_;
  std::size_t writing_ = 0;  // batches
  runtime::WaitQueue turns_;
  BatchWriter<Item> batches_;
};

}  // namespace souk::jobs
