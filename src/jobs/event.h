// A job that tells what happened, as those are told who do something about it, in and outside of
// the shop: {"id", "type", "createdAt", "data"}.
// Threading: pure functions. Ownership: results own what they hold.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json_writer.h"
#include "jobs/types.h"

namespace souk::jobs {

struct Event {
  Uuid id;           // the same however often it is told
  std::string type;  // the job's kind
  Timestamp created_at;
  std::string data;  // the job's payload
};

inline constexpr std::size_t kEventOverhead = 160;  // bytes around the payload, about

void write_event(JsonWriter& json, const Job& event);
std::string event_json(const Job& event);

// Of what write_event() wrote, and of an array of such or a single one. Throw Rejected where the
// text is nothing else.
Event read_event(std::string_view text);
std::vector<Event> read_events(std::string_view text);

}  // namespace souk::jobs
