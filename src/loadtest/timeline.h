// A run second by second: what was asked for, what was answered, and what it cost.
// Threading: one thread. Ownership: plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "loadtest/machine.h"
#include "loadtest/recorder.h"
#include "loadtest/server_view.h"

namespace souk::loadtest {

inline constexpr std::size_t kMaxSeconds = 100'000;  // later ones are left out

struct Second {
  double at = 0;  // its end, in seconds since the start
  double length = 0;
  double level = 0;  // users, or arrivals a second, that the scenario asked for
  std::uint64_t answers = 0;
  std::map<std::string, std::uint64_t> failures;  // by status from 400 on, or kind of error
  std::chrono::microseconds p50{}, p95{}, p99{}, lateness_p99{};
  CpuTimes cpu;  // in cores
  // As the shop measures them; absent when its metrics could not be read.
  std::optional<double> shop_cores;
  std::optional<double> loop_delay;       // seconds: the longest of its workers
  std::optional<double> connection_wait;  // seconds: p95 of waits for a connection, at most
  std::optional<double> resident_bytes;
};

// What was in use and how long was waited, on average over some seconds.
struct Means {
  double seconds = 0;
  CpuTimes cpu;  // in cores
  double shop_cores = 0;
  double loop_delay = 0;       // seconds
  double connection_wait = 0;  // seconds
};
// Of the seconds that begin at `from` or later.
Means means_of(std::span<const Second> seconds, double from);

class Timeline {
 public:
  // Adds the time since the last call. `total` counts from the start of the run.
  void add(double at, double level, const Recorder& total, const CpuTimes& cpu,
           const std::optional<Scrape>& scrape);
  const std::vector<Second>& seconds() const { return seconds_; }

 private:
  void add_shop(Second& second, const std::optional<Scrape>& scrape) const;

  std::vector<Second> seconds_;
  double last_at_ = 0;
  EndpointRecord last_;
  Histogram last_lateness_;
  std::optional<CpuTimes> last_cpu_;
  std::optional<Scrape> last_scrape_;
};

}  // namespace souk::loadtest
