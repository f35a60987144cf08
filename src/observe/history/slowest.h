// What took the longest lately: the series of a histogram of times, ranked by p95.
// Threading: one thread. Ownership: borrows the registry, which outlives it.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "observe/history/layout.h"
#include "telemetry/metrics.h"

namespace souk::observe {

class Slowest {
 public:
  static constexpr std::size_t kMinutes = 5;
  static constexpr std::size_t kShown = 10;

  struct Entry {
    std::string name;  // the values of the labels, separated by spaces
    std::uint64_t count = 0;
    double p50 = 0;  // seconds
    double p95 = 0;
    double apdex = 0;  // of telemetry::kSatisfied
  };

  // `labels` of the metric make the name.
  Slowest(const telemetry::Registry& registry, std::string_view metric, std::size_t labels)
      : registry_(registry), metric_(metric), labels_(labels) {}

  // Call it once a minute: top() counts from the oldest of the last kMinutes calls.
  void mark();
  std::vector<Entry> top() const;

 private:
  using Counts = std::map<std::string, std::array<std::uint64_t, kBuckets>, std::less<>>;
  Counts read() const;

  const telemetry::Registry& registry_;
  const std::string_view metric_;
  const std::size_t labels_;
  std::deque<Counts> marks_;
};

}  // namespace souk::observe
