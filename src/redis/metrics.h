// What the Redis client counts, and the cells of one worker.
// Threading: Metrics belongs to one worker. Ownership: borrows the registry, which outlives it.
#pragma once

#include <array>
#include <chrono>
#include <span>
#include <string_view>

#include "redis/reply.h"
#include "telemetry/metrics.h"

namespace souk::redis {

inline constexpr telemetry::MetricSpec kCommands{
    .name = "souk_redis_commands_total",
    .help = "Commands asked for, answered or not; names that are not common count as \"other\".",
    .type = telemetry::MetricType::kCounter,
    .labels = {"command"}};
inline constexpr telemetry::MetricSpec kErrors{
    .name = "souk_redis_errors_total",
    .help =
        "Commands without a usable reply: away, timeout, breaker_open, overloaded, or "
        "error_reply where Redis refused.",
    .type = telemetry::MetricType::kCounter,
    .labels = {"kind"}};
inline constexpr telemetry::MetricSpec kCommandDuration{
    .name = "souk_redis_command_duration_seconds",
    .help = "Time from asking to the reply or the time-out; commands refused at once do not count.",
    .type = telemetry::MetricType::kHistogram,
    .labels = {"command"}};
inline constexpr telemetry::MetricSpec kInFlight{.name = "souk_redis_commands_in_flight",
                                                 .help = "Commands that wait for their reply.",
                                                 .type = telemetry::MetricType::kGauge};
inline constexpr telemetry::MetricSpec kLateReplies{
    .name = "souk_redis_late_replies_total",
    .help = "Replies dropped because their command had timed out.",
    .type = telemetry::MetricType::kCounter};
inline constexpr telemetry::MetricSpec kWrites{
    .name = "souk_redis_writes_total",
    .help = "Writes to the socket; the commands of one loop turn share one.",
    .type = telemetry::MetricType::kCounter};
inline constexpr telemetry::MetricSpec kConnected{
    .name = "souk_redis_connected",
    .help = "Workers that have a connection to Redis.",
    .type = telemetry::MetricType::kGauge};
inline constexpr telemetry::MetricSpec kBreakerOpen{
    .name = "souk_redis_breaker_open",
    .help = "Workers that do not ask Redis, because it failed or timed out too often in a row.",
    .type = telemetry::MetricType::kGauge};
inline constexpr telemetry::MetricSpec kRefusing{
    .name = "souk_redis_refusing",
    .help =
        "Workers whose Redis answers but refuses commands: a replica, full, no rights, wrong "
        "types.",
    .type = telemetry::MetricType::kGauge};
inline constexpr telemetry::MetricSpec kReconnects{.name = "souk_redis_reconnects_total",
                                                   .help = "Connections made after the first one.",
                                                   .type = telemetry::MetricType::kCounter};

// Every metric this module records, for the reference page.
std::span<const telemetry::MetricSpec* const> metric_specs();

class Metrics {
 public:
  // The cells of one command.
  struct Command {
    telemetry::Counter* asked = nullptr;
    telemetry::Histogram* duration = nullptr;
  };

  explicit Metrics(telemetry::Registry& registry);

  // `name` in capitals, as Redis documents it.
  Command& command(std::string_view name);
  void failed(Unavailable reason) { failures_[static_cast<std::size_t>(reason)]->increment(); }

 private:
  static constexpr std::size_t kCommandNames = 24;

  telemetry::Registry& registry_;
  std::array<Command, kCommandNames> commands_;  // each made on first use
  std::array<telemetry::Counter*, kUnavailableReasons> failures_;

 public:
  telemetry::Counter& error_replies;
  telemetry::Gauge& in_flight;
  telemetry::Counter& late_replies;
  telemetry::Counter& writes;
  telemetry::Gauge& connected;
  telemetry::Gauge& breaker_open;
  telemetry::Gauge& refusing;
  telemetry::Counter& reconnects;
};

}  // namespace souk::redis
