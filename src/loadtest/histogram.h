// Latencies in constant memory: a log-linear histogram (after HdrHistogram) from 1 us to
// kMaxMicroseconds. A percentile is above the exact one by at most 1 part in 128.
//
// Threading: ONE thread records, without a lock; others may read or merge meanwhile and see a state
// that is a few records old. Ownership: owns its 21 KB of counters.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace souk::loadtest {

class Histogram {
 public:
  // Longer latencies are counted at this value (max() stays exact).
  static constexpr std::uint64_t kMaxMicroseconds = (std::uint64_t{1} << 27) - 1;  // 134 s

  Histogram() = default;
  Histogram(const Histogram& other) { add(other); }
  Histogram& operator=(const Histogram& other);

  void record(std::chrono::nanoseconds latency);
  void add(const Histogram& other);
  // Leaves the records made since `earlier`, a copy of this one; max() is then the bucket's.
  void subtract(const Histogram& earlier);

  std::uint64_t count() const;
  std::chrono::microseconds max() const { return std::chrono::microseconds(load(max_)); }
  std::chrono::duration<double, std::micro> mean() const;
  // The smallest value that at least this share (0 to 1) of the records does not exceed; 0 without
  // records.
  std::chrono::microseconds percentile(double share) const;
  // The buckets that are not empty: the highest value in each, in us, and its count.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> buckets() const;

 private:
  // Up to 2^7 us one bucket per microsecond, then 2^7 of equal width per power of two.
  static constexpr unsigned kBits = 7;
  static constexpr std::size_t kPerOctave = std::size_t{1} << kBits;
  static constexpr std::size_t kBuckets = (27 - kBits + 1) * kPerOctave;

  static std::size_t bucket_of(std::uint64_t us);
  static std::uint64_t highest_in(std::size_t bucket);
  static std::uint64_t load(const std::atomic<std::uint64_t>& cell) {
    return cell.load(std::memory_order_relaxed);
  }
  static void store(std::atomic<std::uint64_t>& cell, std::uint64_t value) {
    cell.store(value, std::memory_order_relaxed);
  }

  std::array<std::atomic<std::uint64_t>, kBuckets> counts_{};
  std::atomic<std::uint64_t> sum_us_{0};
  std::atomic<std::uint64_t> max_{0};
};

}  // namespace souk::loadtest
