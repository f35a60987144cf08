// The versions of a row that a change may replace, from If-Match and If-None-Match, for the store's
// statement. Threading: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace souk {

struct VersionCondition {
  std::optional<std::vector<std::int64_t>> among;  // nothing: any version; empty: no version
  std::vector<std::int64_t> not_among = {};
};

}  // namespace souk
