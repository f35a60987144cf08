// How long a failed job waits for its next attempt: twice as long each time, between half of that
// and all of it, so that what failed together does not come back together.
// Threading: pure.
#pragma once

#include <algorithm>
#include <cstdint>

#include "jobs/config.h"

namespace souk::jobs {

// `attempt` is the one that failed, from 1; `random` is uniform.
inline std::chrono::milliseconds backoff(const JobsConfig& config, int attempt,
                                         std::uint64_t random) {
  constexpr int kMaxDoublings = 30;
  const auto factor = std::int64_t{1} << std::clamp(attempt - 1, 0, kMaxDoublings);
  const auto whole = std::min(config.max_backoff, config.min_backoff * factor);
  const auto half = whole / 2;
  const auto spread = static_cast<std::uint64_t>((whole - half).count()) + 1;
  return half + std::chrono::milliseconds(random % spread);
}

}  // namespace souk::jobs
