#include "api/document/schema_writer.h"

#include <fmt/format.h>

#include "base/uuid.h"

namespace souk::api {
namespace {

using Kind = Type::Kind;

constexpr std::size_t kUuidLength = 36;
constexpr std::size_t kMaxPageItems = 100;

std::string_view json_type(Kind kind) {
  switch (kind) {
    case Kind::kBoolean:
      return "boolean";
    case Kind::kInt32:
    case Kind::kInt64:
      return "integer";
    case Kind::kArray:
      return "array";
    case Kind::kObject:
      return "object";
    case Kind::kString:
    case Kind::kUuid:
    case Kind::kTime:
    case Kind::kDate:
    case Kind::kAny:
      return "string";
  }
  return {};
}

std::string_view format_of(const Type& type, const Facets& facets) {
  switch (type.kind) {
    case Kind::kUuid:
      return "uuid";
    case Kind::kTime:
      return "date-time";
    case Kind::kDate:
      return "date";
    case Kind::kInt32:
      return "int32";
    case Kind::kInt64:
      return "int64";
    default:
      return facets.format;
  }
}

Names names_of(const Facets& facets) {
  return facets.names_from != nullptr ? facets.names_from() : facets.names;
}

std::string page_name(const Component& items) { return std::string(items.info.name) + "List"; }

}  // namespace

void SchemaWriter::refer_later(const Component& component) {
  if (known_.emplace(component.info.name).second) waiting_.push_back({&component, Form::kOne});
}

void SchemaWriter::refer(const Component& component) {
  refer_later(component);
  refer_to(component.info.name);
}

void SchemaWriter::refer_to_page(const Component& items, bool is_whole) {
  if (known_.insert(page_name(items)).second) {
    waiting_.push_back({&items, is_whole ? Form::kWholePage : Form::kPage});
  }
  refer_to(page_name(items));
}

void SchemaWriter::refer_to(std::string_view name) {
  json_.begin_object();
  json_.member("$ref", fmt::format("#/components/schemas/{}", name));
  json_.end_object();
}

void SchemaWriter::write_type(const Type& type, const Facets& facets) {
  json_.begin_object();
  if (!facets.meaning.empty()) json_.member("description", facets.meaning);
  // An absent optional member is not null.
  const bool nullable = facets.presence == Presence::kNullable ||
                        (type.nullable && facets.presence == Presence::kAlways);
  if (type.kind == Kind::kObject) {
    json_.key("oneOf");
    json_.begin_array();
    refer(*type.component);
    if (nullable) json_.raw(R"({"type":"null"})");
    json_.end_array();
  } else if (type.kind != Kind::kAny) {
    json_.key("type");
    if (nullable) {
      json_.begin_array();
      json_.value(json_type(type.kind));
      json_.value("null");
      json_.end_array();
    } else {
      json_.value(json_type(type.kind));
    }
    write_kind(type, facets);
    if (type.kind != Kind::kArray && !names_of(facets).empty())
      write_names(names_of(facets), nullable);
  }
  if (!facets.default_value.empty()) {
    json_.key("default");
    json_.raw(facets.default_value);
  }
  if (!facets.example.empty()) {
    json_.key("examples");
    json_.begin_array();
    json_.raw(facets.example);
    json_.end_array();
  }
  json_.end_object();
}

void SchemaWriter::write_kind(const Type& type, const Facets& facets) {
  if (const auto format = format_of(type, facets); !format.empty()) json_.member("format", format);
  if (type.kind == Kind::kUuid) {
    json_.member("minLength", kUuidLength);
    json_.member("maxLength", kUuidLength);
  }
  write_bounds(type, facets);
  if (!facets.pattern.empty()) json_.member("pattern", facets.pattern);
  if (type.kind != Kind::kArray) return;
  if (facets.unique) json_.member("uniqueItems", true);
  json_.key("items");
  if (!facets.items_of.empty()) {
    refer_to(facets.items_of);
  } else if (type.items->kind == Kind::kObject) {
    refer(*type.items->component);
  } else {
    write_type(*type.items, {.names = names_of(facets)});
  }
}

void SchemaWriter::write_bounds(const Type& type, const Facets& facets) {
  const bool array = type.kind == Kind::kArray;
  if (facets.minimum) json_.member("minimum", *facets.minimum);
  if (facets.maximum) json_.member("maximum", *facets.maximum);
  if (facets.min_length) json_.member(array ? "minItems" : "minLength", *facets.min_length);
  if (facets.max_length) json_.member(array ? "maxItems" : "maxLength", *facets.max_length);
}

void SchemaWriter::write_names(Names names, bool nullable) {
  json_.key("enum");
  json_.begin_array();
  for (const auto name : names) json_.value(name);
  if (nullable) json_.null();
  json_.end_array();
}

void SchemaWriter::write_page(const Component& items, bool is_whole) {
  json_.begin_object();
  json_.member("type", "object");
  json_.key("required");
  json_.raw(R"(["items","nextCursor"])");
  json_.member("additionalProperties", false);
  json_.key("properties");
  json_.begin_object();
  json_.key("items");
  json_.begin_object();
  json_.member("type", "array");
  if (!is_whole) json_.member("maxItems", kMaxPageItems);
  json_.key("items");
  refer(items);
  json_.end_object();
  json_.key("nextCursor");
  json_.raw(is_whole ? R"({"type":"null","description":"Always null: the list is complete."})"
                     : R"({"type":["string","null"],"description":"The cursor of the next page; )"
                       R"(null on the last one."})");
  if (const auto meaning = items.info.bounded_pages; !meaning.empty()) {
    json_.key("bounded");
    json_.begin_object();
    json_.member("type", "boolean");
    json_.member("description", meaning);
    json_.end_object();
  }
  json_.end_object();
  json_.end_object();
}

void SchemaWriter::write_array(const Component& items) {
  json_.begin_object();
  json_.member("type", "array");
  json_.key("items");
  refer(items);
  json_.end_object();
}

void SchemaWriter::write_components() {
  while (!waiting_.empty()) {
    const auto [component, form] = waiting_.front();
    waiting_.pop_front();
    if (form == Form::kOne) {
      json_.key(component->info.name);
      write_component(*component);
    } else {
      json_.key(page_name(*component));
      write_page(*component, form == Form::kWholePage);
    }
  }
}

void SchemaWriter::write_component(const Component& component) {
  const auto& info = component.info;
  json_.begin_object();
  json_.member("type", "object");
  if (!info.meaning.empty()) json_.member("description", info.meaning);
  json_.key("required");
  json_.begin_array();
  for (const auto& member : component.members) {
    if (member.facets->presence == Presence::kAlways) json_.value(member.name);
  }
  json_.end_array();
  json_.member("additionalProperties", false);
  if (info.exactly_one) {
    json_.member("minProperties", 1);
    json_.member("maxProperties", 1);
  }
  json_.key("properties");
  json_.begin_object();
  for (const auto& member : component.members) {
    json_.key(member.name);
    write_type(*member.type, *member.facets);
  }
  json_.end_object();
  if (!info.example.empty()) {
    json_.key("examples");
    json_.begin_array();
    json_.raw(info.example);
    json_.end_array();
  }
  json_.end_object();
}

}  // namespace souk::api
