// Writes described types: compiles to the same code as hand-written calls, since all names and
// positions are constants. Included only by the types.cc of each resource; other code includes
// wire.h.
// Threading: pure functions.
#pragma once

#include <algorithm>

#include "api/wire/describe.h"
#include "api/wire/wire.h"
#include "base/rfc3339.h"

namespace souk::api {

template <Described T>
void write_members(JsonWriter& json, const T& value);

template <class V>
void write_value(JsonWriter& json, const V& value) {
  if constexpr (kIsOptional<V>) {
    value ? write_value(json, *value) : json.null();
  } else if constexpr (kIsVector<V>) {
    json.begin_array();
    for (const auto& item : value) write_value(json, item);
    json.end_array();
  } else if constexpr (Described<V>) {
    json.begin_object();
    write_members(json, value);
    json.end_object();
  } else if constexpr (kIsId<V>) {
    json.value(value.value);
  } else if constexpr (std::is_same_v<V, Currency>) {
    json.value(value.text());
  } else if constexpr (std::is_same_v<V, RawJson>) {
    json.raw(value.text);
  } else if constexpr (std::is_same_v<V, DateOnly>) {
    constexpr std::size_t kDateSize = 10;
    std::array<char, kRfc3339Size> text;
    format_rfc3339(value.time, text.data());
    json.value(std::string_view(text.data(), kDateSize));
  } else {
    json.value(value);
  }
}

// `,"name":`
template <class T, std::size_t kIndex>
inline constexpr auto kKeyText = [] {
  constexpr auto kName = std::get<kIndex>(describe<T>.fields).name;
  std::array<char, kName.size() + 4> text{',', '"'};
  std::ranges::copy(kName, text.begin() + 2);
  text[kName.size() + 2] = '"';
  text[kName.size() + 3] = ':';
  return text;
}();

// Per member index: name and position are constants in the generated code.
template <class T, std::size_t kIndex>
[[gnu::always_inline]] inline void write_member(JsonWriter& json, const T& owner) {
  static constexpr auto& kField = std::get<kIndex>(describe<T>.fields);
  using Get = std::remove_cvref_t<decltype(kField.get)>;
  if constexpr (!kIsWrittenElsewhere<Get>) {
    constexpr std::string_view kKey(kKeyText<T, kIndex>.data(), kKeyText<T, kIndex>.size());
    json.finished_key(kKey.substr(kIndex == 0 ? 1 : 0));
    write_value(json, std::invoke(kField.get, owner));
  }
}

template <Described T>
void write_members(JsonWriter& json, const T& value) {
  [&]<std::size_t... kIndex>(std::index_sequence<kIndex...>) __attribute__((always_inline)) {
    (write_member<T, kIndex>(json, value), ...);
  }(std::make_index_sequence<std::tuple_size_v<decltype(describe<T>.fields)>>());
}

template <class T>
void write(JsonWriter& json, const T& value) {
  write_value(json, value);
}

}  // namespace souk::api
