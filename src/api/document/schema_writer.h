// Writes the API's types as JSON Schema (2020-12), and collects the schemas it refers to.
// Threading: one thread. Ownership: borrows the JSON writer, which outlives it.
#pragma once

#include <deque>
#include <set>

#include "api/wire/schema.h"
#include "base/json_writer.h"

namespace souk::api {

class SchemaWriter {
 public:
  explicit SchemaWriter(JsonWriter& json) : json_(json) {}

  // {"$ref": ...}
  void refer(const Component& component);
  // Adds a schema to write_components() that is not referred to yet.
  void refer_later(const Component& component);
  // Refers to a page of such items; a complete one has no next page.
  void refer_to_page(const Component& items, bool is_whole);
  void write_type(const Type& type, const Facets& facets);
  void write_array(const Component& items);

  // Writes all schemas referred to, and those they refer to: the members of an object.
  void write_components();

 private:
  enum class Form : std::uint8_t { kOne, kPage, kWholePage };
  struct Schema {
    const Component* component;
    Form form;
  };

  void refer_to(std::string_view name);
  void write_component(const Component& component);
  void write_page(const Component& items, bool is_whole);
  void write_kind(const Type& type, const Facets& facets);
  void write_bounds(const Type& type, const Facets& facets);
  void write_names(Names names, bool nullable);

  JsonWriter& json_;
  std::set<std::string> known_;
  std::deque<Schema> waiting_;
};

}  // namespace souk::api
