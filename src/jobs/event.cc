#include "jobs/event.h"

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

// Shows in the trace of its first event that is traced.
NewJob job_of(std::span<const NewJob> events, UuidGenerator& ids) {
  Buffer out(kMaxFirstEventsBytes);
  std::string trace;
  JsonWriter json(out);
  json.begin_array();
  for (const auto& event : events) {
    json.begin_object();
    json.member("id", ids.next());
    json.member("kind", event.kind);
    json.member("aggregate", event.aggregate);
    json.member("trace", event.trace);
    json.key("data");
    json.raw(event.payload);
    json.end_object();
    if (trace.empty()) trace = event.trace;
  }
  json.end_array();
  return {.kind = std::string(kFirstEvents),
          .aggregate = ids.next(),
          .payload = std::string(out.view()),
          .trace = std::move(trace)};
}

}  // namespace

std::vector<NewJob> join_first_events(std::span<const NewJob> events, UuidGenerator& ids) {
  std::vector<NewJob> jobs;
  for (auto rest = events; !rest.empty();) {
    std::size_t taken = 0;
    std::size_t bytes = 0;
    while (taken < rest.size()) {
      bytes += rest[taken].payload.size() + kEventOverhead;
      if (taken > 0 && bytes > kMaxFirstEventsBytes) break;
      ++taken;
    }
    jobs.push_back(job_of(rest.first(taken), ids));
    rest = rest.subspan(taken);
  }
  return jobs;
}

std::vector<Job> first_events(const Job& job) {
  return read_with(job.payload, [&](const JsonNode& root) {
    std::vector<Job> events;
    for (const auto& event : root.elements()) {
      events.push_back({.position = job.position,
                        .id = event["id"].uuid(),
                        .kind = std::string(event["kind"].text()),
                        .aggregate = event["aggregate"].uuid(),
                        .payload = event["data"].json(),
                        .attempt = job.attempt,
                        .created_at = job.created_at,
                        .trace = std::string(event["trace"].text())});
    }
    return events;
  });
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
