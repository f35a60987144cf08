#include "telemetry/log.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/encoding.h"
#include "base/json_writer.h"
#include "telemetry/specs.h"

namespace souk::telemetry {
namespace {

constexpr std::array<std::string_view, 4> kLevelNames = {"debug", "info", "warning", "error"};
constexpr std::array<std::string_view, 5> kSecretWords = {"password", "token", "authorization",
                                                          "cookie", "secret"};
// A pipe that polls writable accepts this much without blocking (PIPE_BUF).
constexpr std::size_t kWriteBytes = 4'096;
constexpr std::chrono::milliseconds kStopCheckInterval{50};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

void write_field(JsonWriter& json, const Field& field) {
  json.key(field.name);
  if (is_secret_name(field.name)) {
    json.value("[redacted]");
  } else {
    std::visit([&](const auto& value) { json.value(value); }, field.value);
  }
}

}  // namespace

std::string_view log_level_name(LogLevel level) {
  return kLevelNames[static_cast<std::size_t>(level)];
}

std::optional<LogLevel> parse_log_level(std::string_view name) {
  const auto found = std::ranges::find(kLevelNames, name);
  if (found == kLevelNames.end()) return std::nullopt;
  return static_cast<LogLevel>(found - kLevelNames.begin());
}

bool is_secret_name(std::string_view name) {
  return std::ranges::any_of(kSecretWords, [&](std::string_view word) {
    return !std::ranges::search(name, word, {}, lower).empty();
  });
}

Log::Log(LogLevel level, int fd, const Clock& clock, Registry& registry)
    : level_(level),
      fd_(fd),
      clock_(clock),
      registry_(registry),
      dropped_total_(registry.cell(kMetrics.log_lines_dropped)),
      writer_([this] { run(); }) {}

Log::~Log() {
  flush();
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_one();
  writer_.join();
}

void Log::write(LogLevel level, std::string_view event, Fields fields, const RequestIds* ids) {
  if (level >= LogLevel::kWarning) count(level, event);
  if (!enabled(level)) return;
  Buffer line(256);
  JsonWriter json(line);
  json.begin_object();
  json.member("time", clock_.now());
  json.member("level", log_level_name(level));
  json.member("event", event);
  if (ids != nullptr) {
    json.member("requestId", ids->request);
    json.member("traceId", std::string_view(to_hex(ids->trace.trace_id)));
    json.member("spanId", std::string_view(to_hex(ids->trace.span_id)));
  }
  for (const auto& field : fields) write_field(json, field);
  json.end_object();
  line.append('\n');
  enqueue(line.view());
}

void Log::count(LogLevel level, std::string_view event) {
  const std::lock_guard lock(counting_);
  auto& counter = counts_[{level, event}];
  if (counter == nullptr)
    counter = &registry_.cell(kMetrics.log_events, {log_level_name(level), event});
  counter->increment();
}

void Log::enqueue(std::string_view line) {
  {
    const std::lock_guard lock(mutex_);
    if (queued_.size() + line.size() > kLogQueueBytes) {
      ++dropped_;
      dropped_total_.increment();
      return;
    }
    queued_.append(line);
  }
  work_.notify_one();
}

bool Log::flush(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return idle_.wait_for(lock, timeout, [&] { return queued_.empty() && !writing_; });
}

void Log::run() {
  Buffer batch;
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [&] { return !queued_.empty() || stopping_; });
    if (queued_.empty()) return;
    std::swap(batch, queued_);
    const auto dropped = std::exchange(dropped_, 0);
    writing_ = true;
    lock.unlock();
    if (dropped > 0) report_dropped(batch, dropped);
    const auto unwritten = write_out(batch.view());
    batch.clear();
    lock.lock();
    dropped_ += unwritten;
    dropped_total_.add(static_cast<double>(unwritten));
    writing_ = false;
    if (queued_.empty()) idle_.notify_all();
  }
}

void Log::report_dropped(Buffer& batch, std::uint64_t dropped) {
  JsonWriter json(batch);
  json.begin_object();
  json.member("time", clock_.now());
  json.member("level", log_level_name(LogLevel::kWarning));
  json.member("event", "log_lines_dropped");
  json.member("count", dropped);
  json.end_object();
  batch.append('\n');
}

std::uint64_t Log::write_out(std::string_view bytes) {
  while (!bytes.empty()) {
    pollfd ready{.fd = fd_, .events = POLLOUT, .revents = 0};
    const int polled = ::poll(&ready, 1, static_cast<int>(kStopCheckInterval.count()));
    if (polled == 0 && !stopping_) continue;
    if (polled == 0) break;  // no reader, and the destructor's time is up
    const auto written = ::write(fd_, bytes.data(), std::min(bytes.size(), kWriteBytes));
    if (written < 0 && errno != EINTR && errno != EAGAIN) break;
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return static_cast<std::uint64_t>(std::ranges::count(bytes, '\n'));
}

}  // namespace souk::telemetry
