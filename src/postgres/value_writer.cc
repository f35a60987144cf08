#include "postgres/value_writer.h"

namespace souk::postgres {

char* ValueWriter::extend(std::size_t n) {
  if (large_.empty()) {
    if (size_ + n <= small_.size()) return small_.data() + std::exchange(size_, size_ + n);
    large_.reserve(2 * (size_ + n));
    large_.append({small_.data(), size_});
  }
  char* const at = large_.prepare(n);
  large_.commit(n);
  size_ += n;
  return at;
}

std::size_t ValueWriter::begin_length() {
  append_integer<std::int32_t>(0);
  return size_;
}

void ValueWriter::end_length(std::size_t mark) {
  const auto length = std::byteswap(static_cast<std::int32_t>(size_ - mark));
  char* const start = large_.empty() ? small_.data() : large_.data();
  std::memcpy(start + mark - sizeof(length), &length, sizeof(length));
}

}  // namespace souk::postgres
