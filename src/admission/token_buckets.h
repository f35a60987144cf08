// Token buckets in a fixed amount of memory, as the generic cell rate algorithm (ITU-T I.371): of
// each bucket only the time is stored at which it will be full again.
//
// A full set evicts the bucket that is closest to being full: whoever floods the table gains less
// than the tokens it spends. Keys are hashed with a secret of the process into sets of kSetSize.
// Threading: any thread; a lock of one of kShards parts is held for a few instructions.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

namespace souk::admission {

// `tokens` at once, and as many again over `window`.
struct Rate {
  unsigned tokens = 0;  // 0: no limit
  std::chrono::microseconds window = std::chrono::minutes(1);

  std::chrono::microseconds per_token() const { return window / tokens; }
};

class TokenBuckets {
 public:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;
  using Duration = Clock::duration;

  static constexpr std::size_t kShards = 64;
  static constexpr std::size_t kSetsOfShard = 128;
  static constexpr std::size_t kSetSize = 8;  // 65,536 buckets, 1 MiB

  struct State {
    bool taken = false;
    bool evicted = false;   // another bucket, before it was full
    unsigned left = 0;      // tokens
    Duration until_full{};  // at most the rate's window
    Duration until_next{};  // zero: there is a token
  };

  TokenBuckets();

  // Takes a token if there is one. REQUIRES: a rate with tokens.
  State take(std::string_view key, const Rate& rate, Time now);
  State look(std::string_view key, const Rate& rate, Time now) const;
  // Others have taken tokens: the bucket will not be full before.
  void set_full_at(std::string_view key, Time full_at, Time now);

 private:
  struct Bucket {
    std::uint64_t key = 0;
    Time full_at{};
  };
  struct Shard {
    mutable std::mutex mutex;
    std::array<std::array<Bucket, kSetSize>, kSetsOfShard> sets{};  // guarded by mutex
  };

  static const Bucket* find(const Shard& shard, std::uint64_t hash);
  // And whether a bucket was evicted that was not full.
  static std::pair<Bucket*, bool> find_or_evict(Shard& shard, std::uint64_t hash, Time now);
  static State state_of(Time full_at, const Rate& rate, Time now);

  std::vector<Shard> shards_;
};

}  // namespace souk::admission
