// The key KIND:ID of an entry, built without an allocation for look-ups.
// Threading: plain value.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "base/uuid.h"

namespace souk::cache {

class IdKey {
 public:
  // REQUIRES: a kind of at most kMaxKind characters.
  IdKey(std::string_view kind, const Uuid& id) : size_(kind.size() + 1 + kIdSize) {
    SOUK_ASSERT(kind.size() <= kMaxKind);
    auto* at = std::ranges::copy(kind, text_.data()).out;
    *at++ = ':';
    id.format_to(at);
  }
  std::string_view view() const { return {text_.data(), size_}; }
  std::string text() const { return std::string(view()); }

 private:
  static constexpr std::size_t kMaxKind = 27;
  static constexpr std::size_t kIdSize = 36;

  std::array<char, kMaxKind + 1 + kIdSize> text_;
  std::size_t size_;
};

}  // namespace souk::cache
