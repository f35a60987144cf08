// Reads JSON that Souk itself has written, such as payloads of jobs. The input of clients is read
// by api/wire/json_input.h, which reports everything that is wrong with it.
//
// Threading: one thread. Ownership: a JsonReader owns the memory; its nodes and their texts are
// valid until it is destroyed.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/uuid.h"

namespace souk {

// The text is not JSON, or not of the expected shape.
class BadJson final : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A value. Every function but is_array() and is_object() throws BadJson for a value of another
// type.
class JsonNode {
 public:
  JsonNode operator[](std::string_view member) const;
  bool is_array() const { return element_.is_array(); }
  bool is_object() const { return element_.is_object(); }
  std::size_t size() const;  // members of an object
  // The member, unless it is missing or null.
  std::optional<JsonNode> find(std::string_view member) const;
  std::vector<JsonNode> elements() const;

  std::string_view text() const;
  std::int64_t integer() const;
  Uuid uuid() const;
  Timestamp time() const;
  std::string json() const;  // minified

 private:
  friend class JsonReader;
  explicit JsonNode(simdjson::dom::element element) : element_(element) {}
  template <class T>
  T get(std::string_view expected) const;

  simdjson::dom::element element_;
};

class JsonReader {
 public:
  // Throws BadJson.
  explicit JsonReader(std::string_view text);
  JsonReader(const JsonReader&) = delete;
  JsonReader& operator=(const JsonReader&) = delete;

  JsonNode root() const { return JsonNode(root_); }

 private:
  simdjson::dom::parser parser_;
  simdjson::dom::element root_;
};

}  // namespace souk
