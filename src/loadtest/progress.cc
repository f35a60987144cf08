#include "loadtest/progress.h"

#include <fmt/format.h>

#include "loadtest/verdict.h"

namespace souk::loadtest {

std::string Progress::line(std::chrono::nanoseconds elapsed) {
  Recorder total(recordings_.front().measured.endpoints.size());
  for (const auto& recording : recordings_) {
    total.add(recording.warm_up);
    total.add(recording.measured);
  }
  const auto overall = total.overall();
  auto since = overall.latency;
  since.subtract(last_overall_.latency);
  const auto seconds = std::chrono::duration<double>(elapsed - last_).count();
  const auto answers = static_cast<double>(overall.answers() - last_overall_.answers());
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(elapsed).count();
  auto text = fmt::format("{:02}:{:02}  users {:>6}  {:>7.0f} req/s  p95 {:>8}  errors {}",
                          whole / 60, whole % 60, total.users.get(), answers / seconds,
                          format_time(since.percentile(0.95)), overall.error_count());
  last_ = elapsed;
  last_overall_ = overall;
  return text;
}

}  // namespace souk::loadtest
