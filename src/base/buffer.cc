#include "base/buffer.h"

#include <algorithm>

namespace souk {

void Buffer::grow(std::size_t n) {
  const auto larger = BufferPool::take(std::max(size_ + n, capacity_ * 2));
  if (size_ > 0) std::memcpy(larger.data, data_, size_);
  release();
  data_ = larger.data;
  capacity_ = larger.capacity;
}

}  // namespace souk
