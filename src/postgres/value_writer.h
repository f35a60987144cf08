// A buffer for parameters, with inline storage for small ones.
// Threading: not synchronised. Ownership: owns the bytes; data() is valid until the next write or
// move.
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/buffer.h"

namespace souk::postgres {

class ValueWriter {
 public:
  void append(std::string_view bytes) {
    if (!bytes.empty()) std::memcpy(extend(bytes.size()), bytes.data(), bytes.size());
  }
  template <std::integral T>
  void append_integer(T number) {
    if constexpr (sizeof(T) > 1) number = std::byteswap(number);
    std::memcpy(extend(sizeof(T)), &number, sizeof(T));
  }
  // Reserves a 32-bit length, set by end_length() when the counted bytes are appended.
  std::size_t begin_length();
  void end_length(std::size_t mark);

  std::size_t size() const { return size_; }
  const char* data() const { return large_.empty() ? small_.data() : large_.data(); }

  ValueWriter() = default;
  ValueWriter(ValueWriter&& other) noexcept : size_(other.size_), large_(std::move(other.large_)) {
    if (large_.empty()) std::memcpy(small_.data(), other.small_.data(), size_);
  }
  ValueWriter& operator=(ValueWriter&&) = delete;

 private:
  char* extend(std::size_t n);

  std::size_t size_ = 0;
  std::array<char, 184> small_;  // enough for ten ids and a cursor
  Buffer large_;                 // everything, once it outgrew small_
};

}  // namespace souk::postgres
