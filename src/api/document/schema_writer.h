// Writes the types of the wire as JSON Schema (2020-12), and remembers which it has referred to.
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
  // Among what write_components() writes, although nobody refers to it yet.
  void refer_later(const Component& component);
  // The same to a page of such items; a whole one has no next.
  void refer_to_page(const Component& items, bool is_whole);
  void write_type(const Type& type, const Facets& facets);
  void write_array(const Component& items);

  // All that was referred to, and what that refers to: the members of an object.
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
