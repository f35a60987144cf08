#include "base/buffer.h"

#include <algorithm>

namespace souk {
namespace {
constexpr std::size_t kSmallestAllocation = 256;
}

void Buffer::grow(std::size_t n) {
  const auto wanted = std::max({size_ + n, capacity_ * 2, kSmallestAllocation});
  auto larger = std::make_unique_for_overwrite<char[]>(wanted);
  if (size_ > 0) std::memcpy(larger.get(), data_.get(), size_);
  data_ = std::move(larger);
  capacity_ = wanted;
}

}  // namespace souk
