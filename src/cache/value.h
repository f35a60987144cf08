// The result of a loader or a writer: a shared, immutable value of any type, with its metadata.
// ValueType has the operations of the cache on values of one type.
//
// Threading: plain values; the pointed-to value never changes.
// Ownership: shares the pointed-to value.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cache/codec.h"

namespace souk::cache {

struct ValueType {
  std::uint32_t shape;                       // differs for types with other members
  std::size_t (*memory)(const void* value);  // bytes it takes
  void (*encode)(Writer& out, const void* value);
  // Null for bytes that are not exactly a value of this type.
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

}  // namespace codec

// One per type; its address identifies the type.
template <class T>
inline constexpr ValueType kValueType{codec::shape<T>(), codec::memory_of<T>, codec::encode<T>,
                                      codec::decode<T>};

struct Value {
  const ValueType* type = nullptr;
  std::shared_ptr<const void> data = nullptr;  // null: absent
  std::int64_t version = 0;                    // of the row behind it; 0: of no single row
  std::vector<std::string> tags = {};          // in addition to its own key

  bool absent() const { return data == nullptr; }
};

template <class T>
Value make_value(T value, std::int64_t version = 0, std::vector<std::string> tags = {}) {
  return {&kValueType<T>, std::make_shared<const T>(std::move(value)), version, std::move(tags)};
}

}  // namespace souk::cache
