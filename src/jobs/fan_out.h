// Fans an event out to its consumers: each gets a job of its own, so that a failure is not repeated
// by the others and a slow consumer delays none. The jobs of many events are appended together, in
// one transaction, after at most `max_delay`.
//
// An event may be fanned out twice: consumers detect it by the event's id, which their payload
// carries.
//
// Also takes the jobs of kind kFirstEvents, which hold many events. One that the database refuses
// becomes a dead letter alone. The order of an aggregate is kept: an event of any other job is
// postponed while a job of first events that was appended before it is unfinished.
//
// Threading: loop thread only. Ownership: borrows all it is made with; close() before it is
// destroyed.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/uuid.h"
#include "jobs/batch_writer.h"
#include "jobs/handler.h"
#include "jobs/notifier.h"
#include "jobs/types.h"
#include "postgres/pool.h"

namespace souk::jobs {

class Consumer {
 public:
  virtual ~Consumer() = default;
  // Appends to `jobs` what this consumer must do for the events, in their order.
  virtual runtime::Task<void> consume(runtime::Context& context, std::span<const Job> events,
                                      std::vector<NewJob>& jobs) = 0;
};

// A consumer that handles each event alone: one job of `kind` per event with event_json() as its
// payload, unordered.
class EachEvent final : public Consumer {
 public:
  EachEvent(std::string kind, std::vector<std::string> events)
      : kind_(std::move(kind)), events_(std::move(events)) {}

  runtime::Task<void> consume(runtime::Context& context, std::span<const Job> events,
                              std::vector<NewJob>& jobs) override;

 private:
  const std::string kind_;
  const std::vector<std::string> events_;
};

// A consumer that handles events by the hundred: one job of `kind` for all events of a batch, up to
// kMaxBytes, unordered; read_events() reads its payload.
class EventsTogether final : public Consumer {
 public:
  static constexpr std::size_t kMaxBytes = 64 * 1024;  // a single event may be larger

  EventsTogether(std::string kind, std::vector<std::string> events)
      : kind_(std::move(kind)), events_(std::move(events)) {}

  runtime::Task<void> consume(runtime::Context& context, std::span<const Job> events,
                              std::vector<NewJob>& jobs) override;

 private:
  NewJob job_of(std::span<const Job* const> events) const;

  const std::string kind_;
  const std::vector<std::string> events_;
};

class FanOut final : public Handler {
 public:
  static constexpr std::chrono::seconds kAppendTimeout{10};  // of a batch, consumers included
  static constexpr std::chrono::milliseconds kPauseBehindFirst{50};

  // `pool` must commit durably: the event's own job is deleted afterwards.
  FanOut(runtime::Loop& loop, postgres::Pool& pool, UuidGenerator& ids, Notifier& notifier,
         telemetry::Registry& registry, std::vector<Consumer*> consumers);

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
  runtime::Task<void> write(std::span<const Item> items);
  runtime::Task<void> append_all(runtime::Context& context, std::span<const Job> events);
  runtime::Task<void> bury(const Job& event, std::string_view error);

  postgres::Pool& pool_;
  UuidGenerator& ids_;
  Notifier& notifier_;
  const std::vector<Consumer*> consumers_;
  telemetry::Registry& registry_;
  BatchWriter<Item> batches_;
};

}  // namespace souk::jobs
