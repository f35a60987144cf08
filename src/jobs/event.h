// A job's event as consumers in and outside of the shop receive it: {"id", "type", "createdAt",
// "data"}.
// Threading: pure functions. Ownership: results own what they hold.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_writer.h"
#include "jobs/types.h"

namespace souk::jobs {

struct Event {
  Uuid id;           // the same at each delivery
  std::string type;  // the job's kind
  Timestamp created_at;
  std::string data;  // the job's payload
};

inline constexpr std::size_t kEventOverhead = 160;  // bytes around the payload, about

// Jobs of kind kFirstEvents that hold these events, each the first of its aggregate: one row of the
// outbox for many. Each takes up to kMaxFirstEventsBytes, but at least one event.
inline constexpr std::size_t kMaxFirstEventsBytes = 64 * 1024;
std::vector<NewJob> join_first_events(std::span<const NewJob> events, UuidGenerator& ids);
// The events of such a job, as if each were a job of its own. Throws Rejected for any other text.
std::vector<Job> first_events(const Job& job);

void write_event(JsonWriter& json, const Job& event);
std::string event_json(const Job& event);

// Reads the output of write_event(): one event, or for read_events() also an array. Throw Rejected
// for any other text.
Event read_event(std::string_view text);
std::vector<Event> read_events(std::string_view text);

}  // namespace souk::jobs
