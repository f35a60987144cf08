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

}  // namespace

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
