#include "redis/metrics.h"

#include <algorithm>

namespace souk::redis {
namespace {

// In search order, the most frequent first. The last one represents all others.
constexpr std::array<std::string_view, 24> kNames = {
    "GET",      "SET",  "MGET",   "DEL",     "EVALSHA", "UNLINK",  "EVAL", "EXPIRE",
    "PEXPIRE",  "INCR", "HGET",   "HSET",    "HMGET",   "HGETALL", "SADD", "SREM",
    "SMEMBERS", "SCAN", "EXISTS", "PUBLISH", "SCRIPT",  "FLUSHDB", "PING", telemetry::kOtherSeries};

}  // namespace

Metrics::Command& Metrics::command(std::string_view name) {
  static_assert(kNames.size() == kCommandNames);
  const auto found = std::ranges::find(kNames.begin(), kNames.end() - 1, name);
  const auto index = static_cast<std::size_t>(found - kNames.begin());
  auto& cells = commands_[index];
  if (cells.asked == nullptr) {
    cells.asked = &registry.cell(kMetrics.commands, {kNames[index]});
    cells.duration = &registry.cell(kMetrics.command_duration, {kNames[index]});
  }
  return cells;
}

}  // namespace souk::redis
