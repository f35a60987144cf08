// The API's types as constants that can be iterated at run time, for the OpenAPI document.
// Threading: constants.
#pragma once

#include "api/wire/describe.h"

namespace souk::api {

struct Component;

struct Type {
  enum class Kind : std::uint8_t {
    kString,
    kUuid,
    kTime,
    kDate,
    kBoolean,
    kInt32,
    kInt64,
    kAny,
    kArray,
    kObject,
  };
  Kind kind = Kind::kString;
  bool nullable = false;
  const Type* items = nullptr;           // of an array
  const Component* component = nullptr;  // an object's
};

struct Member {
  std::string_view name;
  const Type* type = nullptr;
  const Facets* facets = nullptr;
};

// A described type.
struct Component {
  TypeInfo info;
  std::span<const Member> members;
};

template <class V>
constexpr Type type_of();

template <class V>
inline constexpr Type kType = type_of<V>();

template <Described T>
inline constexpr auto kMembers = std::apply(
    []<class... Get>(const Field<Get>&... fields) {
      return std::array{Member{fields.name,
                               &kType<std::remove_cvref_t<std::invoke_result_t<Get, const T&>>>,
                               &fields.facets}...};
    },
    describe<T>.fields);

template <Described T>
inline constexpr Component kComponent{describe<T>.info, kMembers<T>};

template <class V>
constexpr Type type_of() {
  using enum Type::Kind;
  if constexpr (kIsOptional<V>) {
    auto type = type_of<typename V::value_type>();
    type.nullable = true;
    return type;
  } else if constexpr (kIsVector<V>) {
    return {.kind = kArray, .items = &kType<typename V::value_type>};
  } else if constexpr (Described<V>) {
    return {.kind = kObject, .component = &kComponent<V>};
  } else if constexpr (kIsId<V> || std::is_same_v<V, Uuid>) {
    return {.kind = kUuid};
  } else if constexpr (std::is_same_v<V, Timestamp>) {
    return {.kind = kTime};
  } else if constexpr (std::is_same_v<V, DateOnly>) {
    return {.kind = kDate};
  } else if constexpr (std::is_same_v<V, bool>) {
    return {.kind = kBoolean};
  } else if constexpr (std::is_same_v<V, RawJson>) {
    return {.kind = kAny};
  } else if constexpr (std::is_same_v<V, std::size_t>) {
    return {.kind = kInt32};  // a number of things, which is bounded
  } else if constexpr (std::is_integral_v<V>) {
    return {.kind = sizeof(V) <= sizeof(std::int32_t) ? kInt32 : kInt64};
  } else {
    static_assert(std::is_convertible_v<V, std::string_view> || std::is_same_v<V, Currency> ||
                  std::is_same_v<V, TimeOrDate>);
    return {.kind = kString};
  }
}

}  // namespace souk::api
