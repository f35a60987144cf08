// What this worker has taken from token buckets, told to Redis, and what all nodes together have
// taken from them, told by Redis: one script call per kMostOfCall buckets and interval, beside the
// requests, never before one. While Redis is away, or the secret for the names is unknown, each
// node counts alone.
//
// Threading: one per worker, loop thread only. Ownership: borrows its arguments, which outlive it;
// close() before it is destroyed.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "admission/metrics.h"
#include "admission/token_buckets.h"
#include "base/hash.h"
#include "redis/client.h"
#include "redis/secret.h"
#include "runtime/loop.h"
#include "runtime/scope.h"
#include "telemetry/metrics.h"

namespace souk::admission {

class SharedCounts final : private runtime::TimerWheel::Timer {
 public:
  static constexpr std::chrono::milliseconds kInterval{100};
  static constexpr std::size_t kMostOfCall = 256;
  static constexpr std::size_t kMostTold = 4'096;  // buckets per interval; more are not told

  // `redis` may be null: nothing is shared.
  SharedCounts(runtime::Loop& loop, redis::Client* redis, const redis::SharedSecret& secret,
               TokenBuckets& buckets, telemetry::Registry& registry);

  // A token was taken from a bucket of this rate.
  void taken(std::string_view key, const Rate& rate);
  runtime::Task<void> close();

 private:
  struct Worth {
    std::chrono::microseconds time;  // of the bucket, for the tokens taken
    std::chrono::microseconds most_missing;
  };
  struct Taken {
    std::string key;
    Worth worth;
  };

  void on_timer() override;
  runtime::Task<void> tell(std::vector<Taken> taken);
  void learn(const std::vector<Taken>& told, const redis::Reply& reply, TokenBuckets::Time sent);

  runtime::Loop& loop_;
  redis::Client* const redis_;
  const redis::SharedSecret& secret_;
  TokenBuckets& buckets_;
  const redis::Script script_;
  telemetry::Counter& told_;
  telemetry::Counter& untold_;
  std::unordered_map<std::string, Worth, KeyedHash> taken_;
  bool closed_ = false;
  runtime::Scope scope_;
};

}  // namespace souk::admission
