// Counts recent failures by key, in a fixed amount of memory. A key's count decreases by one per
// Policy::forget, and delays the next attempt.
//
// A full bucket evicts its smallest count, the oldest of equals. Keys are hashed with a secret into
// buckets of kBucketSize: to evict a count, an attacker must fill the table with higher ones, each
// of which costs as many failures, and cannot target a bucket.
// Threading: not synchronised; the owner locks.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace souk::accounts {

class FailureCounts {
 public:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;
  static constexpr std::size_t kBuckets = 8'192;  // a power of two
  static constexpr std::size_t kBucketSize = 8;   // 2 MiB in all

  struct Policy {
    unsigned free;          // failures before the first delay
    Clock::duration delay;  // the first one; doubled by each further failure
    Clock::duration max_delay;
    Clock::duration forget;
  };

  FailureCounts();

  // `kind` separates keys of different kinds.
  std::uint64_t key(char kind, std::string_view of) const;

  // How long the next attempt must wait; zero or less: not at all.
  Clock::duration wait(std::uint64_t key, const Policy& policy, Time now) const;
  // Whether the current count is below the free failures.
  bool is_free(std::uint64_t key, const Policy& policy, Time now) const;
  void add(std::uint64_t key, const Policy& policy, Time now);
  // Removes a failure that was added and did not happen.
  void take_back(std::uint64_t key);
  unsigned count(std::uint64_t key) const;

  // Counts evicted from full buckets so far.
  std::uint64_t evicted() const { return evicted_; }

 private:
  struct Entry {
    std::uint64_t key = 0;
    double count = 0;  // at `last`; zero: unused
    Time last;
  };
  using Bucket = std::array<Entry, kBucketSize>;

  Entry& find_or_evict(std::uint64_t key, Time now);
  static double count_at(const Entry& entry, const Policy& policy, Time now);
  Entry* find(std::uint64_t key);
  const Entry* find(std::uint64_t key) const;

  std::array<unsigned char, 16> secret_;
  std::vector<Bucket> buckets_;
  std::uint64_t evicted_ = 0;
};

}  // namespace souk::accounts
