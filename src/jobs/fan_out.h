// Hands an event on to those who do something about it: each gets a job of its own, so that what
// one fails at is not repeated by the others, and a slow one holds up nobody. The jobs of many
// events are appended together, in one transaction for which nobody waits longer than `max_delay`.
//
// An event that is run twice is handed on twice: consumers tell by the event's id, which their
// payload carries.
//
// Threading: loop thread only. Ownership: borrows all it is made with; close() before it is
// destroyed.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/uuid.h"
#include "jobs/batch_writer.h"
#include "jobs/doorbell.h"
#include "jobs/handler.h"
#include "jobs/types.h"
#include "postgres/pool.h"

namespace souk::jobs {

class Consumer {
 public:
  virtual ~Consumer() = default;
  // Adds what is to be done about the events, in their order.
  virtual runtime::Task<void> consume(runtime::Context& context, std::span<const Job> events,
                                      std::vector<NewJob>& jobs) = 0;
};

// For what one consumer of a few kinds does with each event by itself: a job of `kind` with
// event_json() as its payload, in no order with others.
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

// For what one consumer does with events by the hundred: one job of `kind` for all that are handed
// on together, up to kMaxBytes, in no order with others; read_events() reads its payload.
class EventsTogether final : public Consumer {
 public:
  static constexpr std::size_t kMaxBytes = 64 * 1024;  // one event may be larger

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

  // `pool` commits durably: the event's own job is forgotten afterwards.
  FanOut(runtime::Loop& loop, postgres::Pool& pool, UuidGenerator& ids, Doorbell& bell,
         telemetry::Registry& registry, std::vector<Consumer*> consumers);

  runtime::Task<void> run(runtime::Context& context, const Job& job) override;
  bool waits() const override { return true; }
  void drain() { batches_.drain(); }
  runtime::Task<void> close() { return batches_.close(); }

 private:
  runtime::Task<void> append_all(std::span<const Job> events);

  postgres::Pool& pool_;
  UuidGenerator& ids_;
  Doorbell& bell_;
  const std::vector<Consumer*> consumers_;
  BatchWriter<Job> batches_;
};

}  // namespace souk::jobs
