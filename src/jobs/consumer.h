// Consumers of events: what FanOut asks for each batch of them. Threading: loop thread only.
// Ownership: borrows what is given by reference.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/types.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::jobs {

// Reads what named events (event.h) tell.
class EventReader {
 public:
  virtual ~EventReader() = default;
  // The payload of each, at its place; empty if its aggregate is gone. Throws as Pool::query.
  virtual runtime::Task<std::vector<std::string>> read(runtime::Context& context,
                                                       std::span<const Job> events) = 0;
};

class EventBatch {
 public:
  EventBatch(std::vector<Job> events, EventReader& reader)
      : events_(std::move(events)), reader_(reader) {}

  // Named events have no payload.
  std::span<const Job> all() const { return events_; }
  bool has_any_of(std::span<const std::string> kinds) const;
  // All with their payloads, but those whose aggregate is gone; what named events tell is read at
  // the first call. Throws as the reader.
  runtime::Task<std::span<const Job>> told(runtime::Context& context);
  // Those that told() has left out.
  std::span<const Job> gone() const { return gone_; }

 private:
  const std::vector<Job> events_;
  EventReader& reader_;
  bool is_told_ = false;
  std::vector<Job> told_;
  std::vector<Job> gone_;
};

class Consumer {
 public:
  virtual ~Consumer() = default;
  // Appends to `jobs` what this consumer must do for the events, in their order.
  virtual runtime::Task<void> consume(runtime::Context& context, EventBatch& events,
                                      std::vector<NewJob>& jobs) = 0;
};

// A consumer that handles each event alone: one job of `kind` per event with event_json() as its
// payload, unordered.
class EachEvent final : public Consumer {
 public:
  EachEvent(std::string kind, std::vector<std::string> events)
      : kind_(std::move(kind)), events_(std::move(events)) {}

  runtime::Task<void> consume(runtime::Context& context, EventBatch& events,
                              std::vector<NewJob>& jobs) override;

 private:
  const std::string kind_;
  const std::vector<std::string> events_;
};

// An aggregate id for this kind's job of the event, so that it waits for no other job.
Uuid own_aggregate(Uuid event, std::string_view kind);

// Events that are handled by the hundred: jobs of `kind`, unordered, each for all of these events
// up to kMaxTogetherBytes; read_events() reads their payloads.
inline constexpr std::size_t kMaxTogetherBytes = 64 * 1024;  // a single event may be larger
std::vector<NewJob> join_events(std::string_view kind, std::span<const Job> events);

}  // namespace souk::jobs
