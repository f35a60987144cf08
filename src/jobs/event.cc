#include "jobs/event.h"

#include <algorithm>

#include "base/json_reader.h"

namespace souk::jobs {
namespace {

Event read(const JsonNode& event) {
  return {.id = event["id"].uuid(),
          .type = std::string(event["type"].text()),
          .created_at = event["createdAt"].time(),
          .data = event["data"].json()};
}

template <class Read>
auto read_with(std::string_view text, Read read) {
  try {
    return read(JsonReader(text).root());
  } catch (const BadJson& error) {
    throw Rejected(std::string("not an event: ") + error.what());
  }
}

std::string names_json(std::string_view kind, std::span<const FirstEvent> events) {
  Buffer out(64 + 48 * events.size());
  JsonWriter json(out);
  json.begin_object();
  json.member("kind", kind);
  json.key("events");
  json.begin_array();
  for (const auto& event : events) {
    json.begin_object();
    json.member("id", event.aggregate);
    if (!event.trace.empty()) json.member("trace", event.trace);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return std::string(out.view());
}

// Shows in the trace of its first event that is traced.
NewJob job_of(std::string_view kind, std::span<const FirstEvent> events, UuidGenerator& ids) {
  const auto traced =
      std::ranges::find_if(events, [](auto& event) { return !event.trace.empty(); });
  return {.kind = std::string(kNamedEvents),
          .aggregate = ids.next(),
          .payload = names_json(kind, events),
          .trace = traced == events.end() ? "" : traced->trace};
}

Job event_of(const Job& job, const JsonNode& event, std::string_view kind) {
  const auto trace = event.find("trace");
  return {.position = job.position,
          .id = event["id"].uuid(),
          .kind = std::string(kind),
          .aggregate = event["id"].uuid(),
          .payload = {},
          .attempt = job.attempt,
          .created_at = job.created_at,
          .trace = trace ? std::string(trace->text()) : ""};
}

std::vector<Job> named_events(const Job& job, const JsonNode& root) {
  std::vector<Job> events;
  const auto kind = root["kind"].text();
  for (const auto& event : root["events"].elements()) events.push_back(event_of(job, event, kind));
  return events;
}

std::vector<Job> whole_events(const Job& job, const JsonNode& root) {
  std::vector<Job> events;
  for (const auto& event : root.elements()) {
    events.push_back(event_of(job, event, event["kind"].text()));
    events.back().aggregate = event["aggregate"].uuid();
    events.back().payload = event["data"].json();
  }
  return events;
}

}  // namespace

std::vector<NewJob> name_events(std::string_view kind, std::span<const FirstEvent> events,
                                UuidGenerator& ids) {
  std::vector<NewJob> jobs;
  for (auto rest = events; !rest.empty();) {
    const auto taken = std::min(rest.size(), kMaxNamedEvents);
    jobs.push_back(job_of(kind, rest.first(taken), ids));
    rest = rest.subspan(taken);
  }
  return jobs;
}

std::vector<Job> first_events(const Job& job) {
  const bool are_named = job.kind == kNamedEvents;
  return read_with(job.payload, [&](const JsonNode& root) {
    return are_named ? named_events(job, root) : whole_events(job, root);
  });
}

Job alone(const Job& event) {
  auto job = event;
  if (!event.payload.empty()) return job;
  const FirstEvent named{event.aggregate, event.trace};
  job.kind = kNamedEvents;
  job.payload = names_json(event.kind, {&named, 1});
  return job;
}

void write_event(JsonWriter& json, const Job& event) {
  json.begin_object();
  json.member("id", event.id);
  json.member("type", event.kind);
  json.member("createdAt", event.created_at);
  json.key("data");
  json.raw(event.payload);
  json.end_object();
}

std::string event_json(const Job& event) {
  Buffer out(event.payload.size() + kEventOverhead);
  JsonWriter json(out);
  write_event(json, event);
  return std::string(out.view());
}

Event read_event(std::string_view text) { return read_with(text, &read); }

std::vector<Event> read_events(std::string_view text) {
  return read_with(text, [](const JsonNode& root) {
    std::vector<Event> events;
    if (!root.is_array()) {
      events.push_back(read(root));
      return events;
    }
    for (const auto& event : root.elements()) events.push_back(read(event));
    return events;
  });
}

}  // namespace souk::jobs
