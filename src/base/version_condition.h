// Which versions of a row a change may find: what If-Match and If-None-Match ask for, as stores
// hand it on to the statement that makes the change. Threading: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace souk {

struct VersionCondition {
  std::optional<std::vector<std::int64_t>> among;  // nothing: any; empty: none will do
  std::vector<std::int64_t> not_among = {};
};

}  // namespace souk
