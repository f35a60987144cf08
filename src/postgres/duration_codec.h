// Durations as bigint columns of microseconds.
// Threading: stateless.
#pragma once

#include <chrono>

#include "postgres/codec.h"

namespace souk::postgres {

template <>
struct Codec<std::chrono::microseconds> : Codec<std::int64_t> {
  static void encode(std::chrono::microseconds value, ValueWriter& out) {
    Codec<std::int64_t>::encode(value.count(), out);
  }
  static std::chrono::microseconds decode(Value value) {
    return std::chrono::microseconds(Codec<std::int64_t>::decode(value));
  }
};

}  // namespace souk::postgres
