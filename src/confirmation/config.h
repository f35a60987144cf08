// Settings of confirmations.
// Threading: plain values.
#pragma once

#include <cstddef>

namespace souk::confirmation {

struct Config {
  // Per address and day (UTC), since addresses are not verified. 0: no limit.
  std::size_t max_per_day = 20;
};

}  // namespace souk::confirmation
