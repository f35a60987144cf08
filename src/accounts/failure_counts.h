// How often something failed lately, by key, in a fixed amount of memory. Each key's count shrinks
// by one for each Policy::forget that passes, and makes the next try wait longer.
//
// A full bucket gives up its smallest count, the oldest of several. Keys are hashed with a secret
// and fall into buckets of kBucketSize, so whoever wants to lose a count has to fill the table with
// higher ones, each of which costs as many failures; the buckets cannot be aimed at.
// Threading: none of its own; its owner locks.
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
    Clock::duration delay;  // the first one, doubled by each failure after
    Clock::duration max_delay;
    Clock::duration forget;
  };

  FailureCounts();

  // `kind` keeps keys of different kinds apart.
  std::uint64_t key(char kind, std::string_view of) const;

  // How long the next try has to wait; zero or less where it need not.
  Clock::duration wait(std::uint64_t key, const Policy& policy, Time now) const;
  // Whether fewer failures than the free ones count now.
  bool is_free(std::uint64_t key, const Policy& policy, Time now) const;
  void add(std::uint64_t key, const Policy& policy, Time now);
  // What was added turned out to be no failure.
  void take_back(std::uint64_t key);
  unsigned count(std::uint64_t key) const;

  // Counts that a full bucket gave up, so far.
  std::uint64_t evicted() const { return evicted_; }

 private:
  struct Entry {
    std::uint64_t key = 0;
    double count = 0;  // at `last`; zero: the place is free
    Time last;
  };
  using Bucket = std::array<Entry, kBucketSize>;

  static double count_at(const Entry& entry, const Policy& policy, Time now);
  Entry* find(std::uint64_t key);
  const Entry* find(std::uint64_t key) const;

  std::array<unsigned char, 16> secret_;
  std::vector<Bucket> buckets_;
  std::uint64_t evicted_ = 0;
};

}  // namespace souk::accounts
