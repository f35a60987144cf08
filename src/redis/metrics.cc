#include "redis/metrics.h"

#include <algorithm>

namespace souk::redis {
namespace {

// The likeliest first: it is searched in this order. The last one stands for all others.
constexpr std::array<std::string_view, 24> kNames = {
    "GET",      "SET",  "MGET",   "DEL",     "EVALSHA", "UNLINK",  "EVAL", "EXPIRE",
    "PEXPIRE",  "INCR", "HGET",   "HSET",    "HMGET",   "HGETALL", "SADD", "SREM",
    "SMEMBERS", "SCAN", "EXISTS", "PUBLISH", "SCRIPT",  "FLUSHDB", "PING", telemetry::kOtherSeries};

}  // namespace

std::span<const telemetry::MetricSpec* const> metric_specs() {
  static constexpr std::array<const telemetry::MetricSpec*, 10> kAll = {
      &kCommands, &kErrors,    &kCommandDuration, &kInFlight, &kLateReplies,
      &kWrites,   &kConnected, &kBreakerOpen,     &kRefusing, &kReconnects};
  return kAll;
}

Metrics::Metrics(telemetry::Registry& registry)
    : registry_(registry),
      error_replies(registry.counter(kErrors, {"error_reply"})),
      in_flight(registry.gauge(kInFlight)),
      late_replies(registry.counter(kLateReplies)),
      writes(registry.counter(kWrites)),
      connected(registry.gauge(kConnected)),
      breaker_open(registry.gauge(kBreakerOpen)),
      refusing(registry.gauge(kRefusing)),
      reconnects(registry.counter(kReconnects)) {
  static_assert(kNames.size() == kCommandNames);
  for (std::size_t i = 0; i < failures_.size(); ++i) {
    failures_[i] = &registry.counter(kErrors, {name_of(static_cast<Unavailable>(i))});
  }
}

Metrics::Command& Metrics::command(std::string_view name) {
  const auto found = std::ranges::find(kNames.begin(), kNames.end() - 1, name);
  const auto index = static_cast<std::size_t>(found - kNames.begin());
  auto& cells = commands_[index];
  if (cells.asked == nullptr) {
    cells.asked = &registry_.counter(kCommands, {kNames[index]});
    cells.duration = &registry_.histogram(kCommandDuration, {kNames[index]});
  }
  return cells;
}

}  // namespace souk::redis
