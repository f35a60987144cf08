#include "loadtest/timeline.h"

#include <algorithm>
#include <cmath>

namespace souk::loadtest {
namespace {

constexpr int kFirstFailure = 400;
constexpr std::string_view kLoopDelay = "souk_admission_delay_seconds";
const telemetry::Objective kConnectionWait{.metric = "souk_db_connection_wait_seconds",
                                           .quantile = 0.95};

std::map<std::string, std::uint64_t> failures_between(const EndpointRecord& before,
                                                      const EndpointRecord& after) {
  std::map<std::string, std::uint64_t> failures;
  for (std::size_t status = kFirstFailure; status < after.statuses.size(); ++status) {
    const auto n = after.statuses[status].get() - before.statuses[status].get();
    if (n > 0) failures[std::to_string(status)] = n;
  }
  for (std::size_t kind = 0; kind < kErrorKinds; ++kind) {
    const auto which = static_cast<ErrorKind>(kind);
    if (which == ErrorKind::kClientError || which == ErrorKind::kServerError) continue;
    const auto n = after.errors[kind].get() - before.errors[kind].get();
    if (n > 0) failures[std::string(kErrorNames[kind])] = n;
  }
  return failures;
}

}  // namespace

Means means_of(std::span<const Second> seconds, double from) {
  Means sum;
  for (const auto& second : seconds) {
    if (second.at - second.length < from) continue;
    sum.seconds += second.length;
    sum.cpu.machine += second.cpu.machine * second.length;
    sum.cpu.generator += second.cpu.generator * second.length;
    sum.cpu.postgres += second.cpu.postgres * second.length;
    sum.cpu.redis += second.cpu.redis * second.length;
    sum.shop_cores += second.shop_cores.value_or(0) * second.length;
    sum.loop_delay += second.loop_delay.value_or(0) * second.length;
    sum.connection_wait += second.connection_wait.value_or(0) * second.length;
  }
  if (sum.seconds <= 0) return {};
  for (auto* const value : {&sum.cpu.machine, &sum.cpu.generator, &sum.cpu.postgres, &sum.cpu.redis,
                            &sum.shop_cores, &sum.loop_delay, &sum.connection_wait}) {
    *value /= sum.seconds;
  }
  return sum;
}

void Timeline::add(double at, double level, const Recorder& total, const CpuTimes& cpu,
                   const std::optional<Scrape>& scrape) {
  const auto now = total.overall();
  Second second{.at = at, .length = at - last_at_, .level = level};
  if (last_cpu_ && second.length > 0 && seconds_.size() < kMaxSeconds) {
    auto latency = now.latency;
    latency.subtract(last_.latency);
    auto lateness = total.lateness;
    lateness.subtract(last_lateness_);
    second.answers = now.answers() - last_.answers();
    second.failures = failures_between(last_, now);
    second.p50 = latency.percentile(0.5);
    second.p95 = latency.percentile(0.95);
    second.p99 = latency.percentile(0.99);
    second.lateness_p99 = lateness.percentile(0.99);
    const auto used = cpu - *last_cpu_;
    second.cpu = {.machine = used.machine / second.length,
                  .generator = used.generator / second.length,
                  .postgres = used.postgres / second.length,
                  .redis = used.redis / second.length};
    add_shop(second, scrape);
    seconds_.push_back(std::move(second));
  }
  last_at_ = at;
  last_ = now;
  last_lateness_ = total.lateness;
  last_cpu_ = cpu;
  last_scrape_ = scrape;
}

void Timeline::add_shop(Second& second, const std::optional<Scrape>& scrape) const {
  if (!scrape || !last_scrape_) return;
  constexpr std::string_view kCpu = "process_cpu_seconds_total";
  const auto cpu = scrape->sum(kCpu);
  const auto cpu_before = last_scrape_->sum(kCpu);
  if (cpu && cpu_before) second.shop_cores = std::max(0.0, *cpu - *cpu_before) / second.length;
  second.loop_delay = scrape->greatest(kLoopDelay, {{"queue", "loop"}});
  const auto wait = measure(kConnectionWait, *last_scrape_, *scrape,
                            std::chrono::duration<double>(second.length));
  if (wait && std::isfinite(*wait)) second.connection_wait = wait;
  second.resident_bytes = scrape->sum("process_resident_memory_bytes");
}

}  // namespace souk::loadtest
