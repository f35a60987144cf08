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

struct MetricTable {
  telemetry::CounterSpec commands{
      "souk_redis_commands_total",
      "Commands called, answered or not; uncommon names count as \"other\".",
      {"command"}};
  telemetry::CounterSpec errors{"souk_redis_errors_total",
                                "Commands without a usable reply: away, timeout, breaker_open, "
                                "overloaded, or error_reply (Redis refused).",
                                {"kind"}};
  telemetry::HistogramSpec command_duration{
      "souk_redis_command_duration_seconds",
      "Time from the call to the reply or the time-out; commands that failed at once do not count.",
      {"command"}};
  telemetry::GaugeSpec in_flight{"souk_redis_commands_in_flight",
                                 "Commands waiting for their reply."};
  telemetry::CounterSpec late_replies{"souk_redis_late_replies_total",
                                      "Replies dropped because their command had timed out."};
  telemetry::CounterSpec writes{"souk_redis_writes_total",
                                "Writes to the socket; the commands of one loop turn share one."};
  telemetry::GaugeSpec connected{"souk_redis_connected",
                                 "Workers that have a connection to Redis."};
  telemetry::GaugeSpec breaker_open{
      "souk_redis_breaker_open",
      "Workers that send no commands to Redis, because it failed or timed out too often in a row."};
  telemetry::GaugeSpec refusing{
      "souk_redis_refusing",
      "Workers whose Redis answers but refuses commands: a replica, full, no rights, wrong types."};
  telemetry::CounterSpec reconnects{"souk_redis_reconnects_total",
                                    "Connections opened after the first one."};
};
inline constexpr MetricTable kMetrics;

struct Metrics {
  // The cells of one command.
  struct Command {
    telemetry::Counter* asked = nullptr;
    telemetry::Histogram* duration = nullptr;
  };

  explicit Metrics(telemetry::Registry& borrowed) : registry(borrowed) {}

  // `name` in capitals, as Redis documents it.
  Command& command(std::string_view name);

  telemetry::Registry& registry;
  telemetry::CountersBy<Unavailable, kUnavailableNames> failures{registry, kMetrics.errors};
  telemetry::Counter& error_replies = registry.cell(kMetrics.errors, {"error_reply"});
  telemetry::Gauge& in_flight = registry.cell(kMetrics.in_flight);
  telemetry::Counter& late_replies = registry.cell(kMetrics.late_replies);
  telemetry::Counter& writes = registry.cell(kMetrics.writes);
  telemetry::Gauge& connected = registry.cell(kMetrics.connected);
  telemetry::Gauge& breaker_open = registry.cell(kMetrics.breaker_open);
  telemetry::Gauge& refusing = registry.cell(kMetrics.refusing);
  telemetry::Counter& reconnects = registry.cell(kMetrics.reconnects);

 private:
  static constexpr std::size_t kCommandNames = 24;
  std::array<Command, kCommandNames> commands_;  // each made on first use
};

}  // namespace souk::redis
