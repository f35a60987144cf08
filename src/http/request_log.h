// What the log says of requests: warnings of those that were slow or ran too many statements, and,
// where it is asked for, the access log: one line of each n-th request.
//
// Threading: one per worker, loop thread only. Ownership: borrows its arguments, which outlive it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "http/exchange.h"
#include "http/server_config.h"
#include "telemetry/log.h"

namespace souk::http {

// Of each kind of warning, in a worker: the next line says how many were left out. Thousands of
// slow requests are one finding.
inline constexpr int kWarningsPerSecondMax = 10;
// Of the path in a line of the access log; the rest is cut off.
inline constexpr std::size_t kLoggedPathBytesMax = 256;

class RequestLog {
 public:
  RequestLog(const ServerConfig& config, telemetry::Log& log, telemetry::Registry& registry);

  // Called with each response, before it is sent; `elapsed` since the request was there.
  void answered(const Exchange& exchange, int status, std::chrono::steady_clock::duration elapsed) {
    if (config_.access_log != 0) log_access(exchange, status, elapsed);
    if (elapsed > config_.slow_request) warn(slow_, exchange, status, elapsed);
  }
  // Whether answered() does nothing.
  bool is_silent(std::chrono::steady_clock::duration elapsed) const {
    return elapsed <= silent_up_to_;
  }
  // The same for a request that was refused at once: never slow.
  void refused(const Exchange& exchange, int status);
  void over_statement_budget(const Exchange& exchange, int status,
                             std::chrono::steady_clock::duration elapsed) {
    warn(over_budget_, exchange, status, elapsed);
  }

 private:
  struct Warning {
    std::string_view event;
    telemetry::Counter& left_out_total;
    std::chrono::steady_clock::time_point since = {};
    int lines = 0;               // in the second that began then
    std::uint64_t left_out = 0;  // since the last line
  };

  void log_access(const Exchange& exchange, int status,
                  std::chrono::steady_clock::duration elapsed);
  void warn(Warning& warning, const Exchange& exchange, int status,
            std::chrono::steady_clock::duration elapsed);

  const ServerConfig& config_;
  // What took no longer is not logged; without an access log.
  const std::chrono::steady_clock::duration silent_up_to_;
  telemetry::Log& log_;
  Warning slow_;
  Warning over_budget_;
};

}  // namespace souk::http
