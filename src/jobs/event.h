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

// The first event of an aggregate: its id is the aggregate's, and what it tells is read from there.
struct FirstEvent {
  Uuid aggregate;
  std::string trace;  // as in NewJob
};

// Jobs of kind kNamedEvents that name these events of one kind: one row of the outbox for up to
// kMaxNamedEvents.
inline constexpr std::size_t kMaxNamedEvents = 1'000;
std::vector<NewJob> name_events(std::string_view kind, std::span<const FirstEvent> events,
                                UuidGenerator& ids);
// The events of such a job, or of one of kind kFirstEvents, as if each were a job of its own; named
// ones without a payload. Throws Rejected for any other text.
std::vector<Job> first_events(const Job& job);

// One of them as a job of its own: a named event is named again, so that it is read when it runs.
Job alone(const Job& event);

void write_event(JsonWriter& json, const Job& event);
std::string event_json(const Job& event);

// Reads the output of write_event(): one event, or for read_events() also an array. Throw Rejected
// for any other text.
Event read_event(std::string_view text);
std::vector<Event> read_events(std::string_view text);

}  // namespace souk::jobs
