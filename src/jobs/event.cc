#include "jobs/event.h"

#include <simdjson.h>

#include "base/rfc3339.h"

namespace souk::jobs {
namespace {

namespace json = simdjson::ondemand;

// On-demand parsing: reads members in the order they were written.
Event read(json::object event) {
  const auto id = Uuid::parse(event["id"].get_string().value());
  const std::string_view type = event["type"].get_string();
  const auto created_at = parse_rfc3339(event["createdAt"].get_string().value());
  json::value data = event["data"];
  const std::string_view text = simdjson::to_json_string(data);
  if (!id || !created_at) throw simdjson::simdjson_error(simdjson::INCORRECT_TYPE);
  return {
      .id = *id, .type = std::string(type), .created_at = *created_at, .data = std::string(text)};
}

template <class Read>
auto read_with(std::string_view text, Read read) {
  try {
    const simdjson::padded_string padded(text);
    json::parser parser;
    auto document = parser.iterate(padded);
    return read(document);
  } catch (const simdjson::simdjson_error& error) {
    throw Rejected(std::string("this is no event: ") + error.what());
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

Event read_event(std::string_view text) {
  return read_with(text, [](auto& document) { return read(document.get_object()); });
}

std::vector<Event> read_events(std::string_view text) {
  return read_with(text, [](auto& document) {
    std::vector<Event> events;
    if (document.type() == json::json_type::object) {
      events.push_back(read(document.get_object()));
      return events;
    }
    for (auto event : document.get_array()) events.push_back(read(event.get_object()));
    return events;
  });
}

}  // namespace souk::jobs
