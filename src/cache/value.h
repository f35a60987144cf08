// What a loader found or a writer knows: a value of any type, immutable and shared, and what is to
// be told of it. ValueType says what the cache does with values of one type.
//
// Threading: plain values; what a value points to never changes.
// Ownership: shares what it points to.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cache/codec.h"

namespace souk::cache {

struct ValueType {
  std::uint32_t shape;                       // another for what is made of other members
  std::size_t (*memory)(const void* value);  // bytes it takes
  void (*encode)(Writer& out, const void*);  // null: its values never leave this process
  // Null for anything that is not exactly a value of this type.
  std::shared_ptr<const void> (*decode)(std::string_view bytes);
};

namespace codec {

template <class T>
std::size_t memory_of(const void* value) {
  return sizeof(T) + 2 * kBlock + held_by(*static_cast<const T*>(value));
}
template <class T>
void encode(Writer& out, const void* value) {
  write(out, *static_cast<const T*>(value));
}
template <class T>
std::shared_ptr<const void> decode(std::string_view bytes) {
  Reader in(bytes);
  auto value = std::make_shared<T>();
  read(in, *value);
  if (in.failed() || !in.rest().empty()) return nullptr;
  return value;
}
template <class T>
constexpr ValueType value_type() {
  if constexpr (portable<T>()) return {shape<T>(), memory_of<T>, encode<T>, decode<T>};
  return {0, memory_of<T>, nullptr, nullptr};
}

}  // namespace codec

// One for each type: its address is what a type is known by.
template <class T>
inline constexpr ValueType kValueType = codec::value_type<T>();

struct Value {
  const ValueType* type = nullptr;
  std::shared_ptr<const void> data = nullptr;  // null: there is no such thing
  std::int64_t version = 0;                    // of the row behind it; 0: of no single row
  std::vector<std::string> tags = {};          // beside its own key

  bool absent() const { return data == nullptr; }
};

template <class T>
Value make_value(T value, std::int64_t version = 0, std::vector<std::string> tags = {}) {
  return {&kValueType<T>, std::make_shared<const T>(std::move(value)), version, std::move(tags)};
}

}  // namespace souk::cache
