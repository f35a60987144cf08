// Structured log: one JSON object per line, with time, level, event and fields.
// Threading: any thread; the caller formats a line and the log's own thread writes it, so a slow
// disk or pipe never blocks a worker: above kLogQueueBytes lines are dropped, counted, and the loss
// is reported by a later line.
// Ownership: borrows clock, registry and file descriptor; all outlive the log. Its destructor
// writes queued lines.
#pragma once

#include <atomic>
#include <chrono>
#include <concepts>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>

#include "base/buffer.h"
#include "base/clock.h"
#include "telemetry/metrics.h"
#include "telemetry/trace.h"

namespace souk::telemetry {

inline constexpr std::size_t kLogQueueBytes = 1 << 20;
// How long the destructor waits for a reader of the log that is stuck.
inline constexpr std::chrono::milliseconds kLogFlushTimeout{1'000};

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };

std::string_view log_level_name(LogLevel level);  // "debug", "info", "warning", "error"
std::optional<LogLevel> parse_log_level(std::string_view name);

// A field whose name contains password, token, authorization, cookie or secret, in any case, is
// printed as "[redacted]".
bool is_secret_name(std::string_view name);

// Borrows name and text during the call.
struct Field {
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  Field(std::string_view n, T v) : name(n), value(static_cast<std::int64_t>(v)) {}
  Field(std::string_view n, bool v) : name(n), value(v) {}
  Field(std::string_view n, double v) : name(n), value(v) {}
  Field(std::string_view n, std::string_view v) : name(n), value(v) {}
  Field(std::string_view n, const char* v) : name(n), value(std::string_view(v)) {}

  std::string_view name;  // camelCase
  std::variant<std::string_view, std::int64_t, double, bool> value;
};
using Fields = std::initializer_list<Field>;

class Log {
 public:
  Log(LogLevel level, int fd, const Clock& clock, Registry& registry);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  bool enabled(LogLevel level) const { return level >= level_; }

  // `event` is snake_case, stable and static text: people search for it, and warnings and errors
  // are counted under it. With `ids`, the line carries requestId, traceId and spanId.
  void debug(std::string_view event, Fields fields = {}) { write(LogLevel::kDebug, event, fields); }
  void info(std::string_view event, Fields fields = {}) { write(LogLevel::kInfo, event, fields); }
  void warning(std::string_view event, Fields fields = {}) {
    write(LogLevel::kWarning, event, fields);
  }
  void error(std::string_view event, Fields fields = {}) { write(LogLevel::kError, event, fields); }
  void write(LogLevel level, std::string_view event, Fields fields,
             const RequestIds* ids = nullptr);

  // Returns when all lines logged before are written, or false after `timeout`.
  bool flush(std::chrono::milliseconds timeout = kLogFlushTimeout);

 private:
  void count(LogLevel level, std::string_view event);
  void enqueue(std::string_view line);
  void run();
  // Returns how many lines could not be written.
  std::uint64_t write_out(std::string_view bytes);
  void report_dropped(Buffer& batch, std::uint64_t dropped);

  const LogLevel level_;
  const int fd_;
  const Clock& clock_;
  Registry& registry_;
  std::mutex counting_;
  std::map<std::pair<LogLevel, std::string_view>, Counter*> counts_;  // guarded by counting_
  Counter& dropped_total_;                                            // guarded by mutex_

  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable idle_;
  Buffer queued_;
  std::uint64_t dropped_ = 0;  // since the last report
  bool writing_ = false;
  std::atomic<bool> stopping_ = false;
  std::thread writer_;  // last: starts when everything else stands
};

}  // namespace souk::telemetry
