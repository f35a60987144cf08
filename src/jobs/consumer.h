// Consumers of events: what FanOut asks for each batch of them. Threading: loop thread only.
// Ownership: borrows what is given by reference.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "jobs/types.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::jobs {

// Reads what named events (event.h) tell.
class EventReader {
 public:
  virtual ~EventReader() = default;
  // The kind of event that it reads.
  virtual std::string_view kind() const = 0;
  // The payloads by aggregate, of those that are not gone. Throws as Pool::query.
  virtual runtime::Task<std::unordered_map<Uuid, std::string>> read(
      runtime::Context& context, std::span<const Uuid> aggregates) = 0;
};

class EventBatch {
 public:
  // REQUIRES: named events are of the reader's kind.
  EventBatch(std::vector<Job> events, EventReader& reader);

  // Aggregates of those that are only named.
  std::vector<Uuid> named() const;
  // Those that are not.
  std::vector<const Job*> whole() const;
  // Those of these kinds, with their payloads, but none whose aggregate is gone; what named events
  // tell is read once. Valid as long as this. Throws as the reader.
  runtime::Task<std::vector<const Job*>> told(runtime::Context& context,
                                              std::span<const std::string> kinds);
  // How many told() has left out because their aggregates are gone.
  std::size_t gone() const { return gone_; }

 private:
  struct Item {
    Job event;
    bool is_named;
  };

  runtime::Task<void> read(runtime::Context& context);

  std::vector<Item> items_;
  EventReader& reader_;
  bool is_read_ = false;
  std::size_t gone_ = 0;
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
std::vector<NewJob> join_events(std::string_view kind, std::span<const Job* const> events);

}  // namespace souk::jobs
