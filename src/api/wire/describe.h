// The single description of a type's JSON form: its members, their bounds, meaning and examples.
// The strict reader (json_input.h), the writer (writer.h) and the OpenAPI document are derived from
// it.
//
//   template <>
//   inline constexpr auto describe<Money> = object(
//       {.name = "Money", .meaning = "An amount in minor units."},
//       field("amount", &Money::amount, {.minimum = 0}), field("currency", &Money::currency));
//
// Threading: constants.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "base/clock.h"
#include "base/enum_names.h"
#include "base/ids.h"
#include "base/money.h"

namespace souk::api {

enum class Presence : std::uint8_t {
  kAlways,    // required; written as null without a value
  kOptional,  // may be absent
  kNullable,  // may be absent or null, with the same meaning
};

using Names = std::span<const std::string_view>;

// Further properties of a value. Lengths are of characters, or of items of an array.
struct Facets {
  std::string_view meaning = {};
  Presence presence = Presence::kAlways;
  std::optional<std::int64_t> minimum = {};
  std::optional<std::int64_t> maximum = {};
  std::optional<std::size_t> min_length = {};
  std::optional<std::size_t> max_length = {};
  std::string_view pattern = {};        // ECMA-262
  std::string_view format = {};         // of JSON Schema, if the type does not imply it
  std::string_view default_value = {};  // JSON
  std::string_view example = {};        // JSON
  Names names = {};                     // the allowed values, of the items for an array
  Names (*names_from)() = nullptr;      // the same, if they are not a constant
  bool unique = false;                  // items are distinct
  bool is_secret = false;               // gives access: operation/operation.h, holds_secrets()
  std::string_view items_of = {};       // the schema that contains the items' schema
};

// A member's accessor: a pointer to it, or to a member function or function that returns it. Only
// pointers to data can be read into.
template <class Get>
struct Field {
  std::string_view name;
  Get get;
  Facets facets;
};

template <class Get>
constexpr Field<Get> field(std::string_view name, Get get, Facets facets = {}) {
  return {name, get, facets};
}

// An enumeration written as its name, or the name itself.
template <class Get, std::size_t N>
struct NameOf {
  Get get;
  const std::array<std::string_view, N>* names;

  template <class Owner>
  constexpr std::string_view operator()(const Owner& owner) const {
    const auto& value = std::invoke(get, owner);
    if constexpr (std::is_convertible_v<decltype(value), std::string_view>) {
      return value;
    } else {
      return name_of(*names, value);
    }
  }
};

// `names` is static.
template <class Get, std::size_t N>
constexpr Field<NameOf<Get, N>> field(std::string_view name, Get get,
                                      const std::array<std::string_view, N>& names,
                                      Facets facets = {}) {
  facets.names = names;
  return {name, {get, &names}, facets};
}

// An optional member that other code writes.
template <class Value>
struct WrittenElsewhere {
  template <class Owner>
  Value operator()(const Owner& owner) const;  // never defined
};

template <class Value>
constexpr Field<WrittenElsewhere<Value>> written_elsewhere(std::string_view name,
                                                           Facets facets = {}) {
  facets.presence = Presence::kOptional;
  return {name, {}, facets};
}

// Serialised JSON of any type.
struct RawJson {
  std::string_view text;
};

// Written without the time of day.
struct DateOnly {
  Timestamp time;
};

// A query parameter whose time of day is optional.
struct TimeOrDate {
  Timestamp time;
  bool is_date = false;
};

struct TypeInfo {
  std::string_view name;  // the schema's, used as class name by generated clients
  std::string_view meaning = {};
  std::string_view example = {};        // JSON
  bool exactly_one = false;             // exactly one member must be present
  std::string_view bounded_pages = {};  // the meaning of `bounded` on pages that stopped at a limit
};

template <class... Fields>
struct Description {
  TypeInfo info;
  std::tuple<Fields...> fields;
};

template <class... Fields>
constexpr Description<Fields...> object(TypeInfo info, std::tuple<Fields...> fields) {
  return {info, fields};
}
template <class... Get>
constexpr Description<Field<Get>...> object(TypeInfo info, Field<Get>... fields) {
  return {info, {fields...}};
}

// Specialised for each type of the API, in the types.h of its resource.
template <class T>
inline constexpr auto describe = nullptr;

template <class T>
concept Described = !std::is_same_v<decltype(describe<T>), const std::nullptr_t>;

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
template <class T>
inline constexpr bool kIsVector = false;
template <class T>
inline constexpr bool kIsVector<std::vector<T>> = true;
template <class T>
inline constexpr bool kIsId = false;
template <class Tag>
inline constexpr bool kIsId<Id<Tag>> = true;
template <class Get>
inline constexpr bool kIsWrittenElsewhere = false;
template <class Value>
inline constexpr bool kIsWrittenElsewhere<WrittenElsewhere<Value>> = true;

}  // namespace souk::api
