#include "base/json_reader.h"

#include <fmt/format.h>

#include "base/rfc3339.h"

namespace souk {

template <class T>
T JsonNode::get(std::string_view expected) const {
  T value;
  if (element_.get(value) == simdjson::SUCCESS) return value;
  throw BadJson(fmt::format("a value is not {}", expected));
}

JsonNode JsonNode::operator[](std::string_view member) const {
  simdjson::dom::element value;
  if (element_[member].get(value) == simdjson::SUCCESS) return JsonNode(value);
  throw BadJson(fmt::format("there is no member {}", member));
}

std::optional<JsonNode> JsonNode::find(std::string_view member) const {
  simdjson::dom::element value;
  if (element_[member].get(value) != simdjson::SUCCESS || value.is_null()) return std::nullopt;
  return JsonNode(value);
}

std::size_t JsonNode::size() const { return get<simdjson::dom::object>("an object").size(); }

std::vector<JsonNode> JsonNode::elements() const {
  std::vector<JsonNode> nodes;
  for (const auto element : get<simdjson::dom::array>("an array")) {
    nodes.push_back(JsonNode(element));
  }
  return nodes;
}

std::string_view JsonNode::text() const { return get<std::string_view>("a string"); }

std::int64_t JsonNode::integer() const { return get<std::int64_t>("an integer"); }

Uuid JsonNode::uuid() const {
  if (const auto id = Uuid::parse(text())) return *id;
  throw BadJson("a value is not a UUID");
}

Timestamp JsonNode::time() const {
  if (const auto time = parse_rfc3339(text())) return *time;
  throw BadJson("a value is not a time");
}

std::string JsonNode::json() const { return simdjson::minify(element_); }

JsonReader::JsonReader(std::string_view text) {
  const auto error = parser_.parse(text.data(), text.size()).get(root_);
  if (error != simdjson::SUCCESS) throw BadJson(simdjson::error_message(error));
}

}  // namespace souk
