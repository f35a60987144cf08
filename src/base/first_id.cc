#include "base/first_id.h"

#include <algorithm>

namespace souk {

Uuid first_id(Timestamp time) {
  const auto since = std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch();
  auto ms = static_cast<std::uint64_t>(std::max<std::int64_t>(since.count(), 0));
  Uuid id;
  for (std::size_t i = 6; i-- > 0; ms >>= 8) id.bytes[i] = static_cast<std::uint8_t>(ms);
  return id;
}

}  // namespace souk
