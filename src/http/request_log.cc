#include "http/request_log.h"

#include <cstring>

#include "http/metrics.h"

namespace souk::http {
namespace {

using Steady = std::chrono::steady_clock;

double milliseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

// One in `n`, by the trace: all nodes log the same traces.
bool is_chosen(const telemetry::TraceId& trace, std::uint64_t n) {
  std::uint64_t random = 0;
  std::memcpy(&random, trace.data() + trace.size() - sizeof(random), sizeof(random));
  return random % n == 0;
}

}  // namespace

RequestLog::RequestLog(const ServerConfig& config, telemetry::Log& log,
                       telemetry::Registry& registry)
    : config_(config),
      silent_up_to_(config.access_log == 0 ? Steady::duration(config.slow_request)
                                           : Steady::duration::min()),
      log_(log),
      slow_{.event = "slow_request",
            .left_out_total = registry.cell(kMetrics.warnings_left_out, {"slow_request"})},
      over_budget_{
          .event = "over_statement_budget",
          .left_out_total = registry.cell(kMetrics.warnings_left_out, {"over_statement_budget"})} {}

void RequestLog::refused(const Exchange& exchange, int status) {
  if (config_.access_log == 0) return;
  log_access(exchange, status, Steady::now() - exchange.begun + exchange.waited);
}

// The query is left out: people search for private things, and some clients put secrets there.
void RequestLog::log_access(const Exchange& exchange, int status, Steady::duration elapsed) {
  const auto& request = exchange.request;
  if (!is_chosen(request.ids.trace.trace_id, config_.access_log)) return;
  const auto user = request.principal ? request.principal->id.to_string() : std::string();
  log_.write(telemetry::LogLevel::kInfo, "request",
             {{"method", method_name(request.method)},
              {"path", request.path.substr(0, kLoggedPathBytesMax)},
              {"route", route_of(exchange.match)},
              {"status", status},
              {"durationMs", milliseconds(elapsed)},
              {"bytes", static_cast<std::int64_t>(exchange.response.body.size().value_or(0))},
              {"statements", exchange.context.statements},
              {"databaseMs", milliseconds(exchange.context.database_time)},
              {"client", std::string_view(request.client.counts() ? request.client.text()
                                                                  : request.peer.address.text())},
              {"user", std::string_view(user)}},
             &request.ids);
}

void RequestLog::warn(Warning& warning, const Exchange& exchange, int status,
                      Steady::duration elapsed) {
  const auto now = exchange.begun - exchange.waited + elapsed;
  if (now - warning.since >= std::chrono::seconds(1)) {
    warning.since = now;
    warning.lines = 0;
  }
  if (warning.lines == kWarningsPerSecondMax) {
    ++warning.left_out;
    warning.left_out_total.increment();
    return;
  }
  ++warning.lines;
  log_.write(telemetry::LogLevel::kWarning, warning.event,
             {{"method", method_name(exchange.request.method)},
              {"route", route_of(exchange.match)},
              {"status", status},
              {"durationMs", milliseconds(elapsed)},
              {"statements", exchange.context.statements},
              {"databaseMs", milliseconds(exchange.context.database_time)},
              {"leftOut", std::exchange(warning.left_out, 0)}},
             &exchange.request.ids);
}

}  // namespace souk::http
