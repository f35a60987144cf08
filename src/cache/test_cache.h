// A node's cache with one worker, on the Redis of tools/with-servers. Only for tests.
// Threading: one thread. Ownership: borrows nothing.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "cache/hybrid/hybrid_cache.h"
#include "cache/memory/memory_cache.h"
#include "cache/remote/redis_cache.h"
#include "cache/test_text.h"
#include "redis/test_client.h"
#include "redis/url.h"

namespace souk::cache {

inline constexpr Kind kThing{.type = kText, .name = "thing", .topic = "things"};
inline constexpr Kind kThings{
    .type = kText, .name = "things", .topic = "things", .tagged_by_loader = true};
inline constexpr Epoch kTestEpoch = 1;
inline constexpr redis::Secret kTestSecret{1, 2, 3};
inline constexpr Position kTestPosition = 1'000;

// As if the follower of the change log had just looked, and kept doing so during any test.
inline void make_coherent(Invalidations& invalidations, Position contained = kTestPosition) {
  invalidations.start_over(kTestEpoch);
  invalidations.set_floor("things", 1);
  invalidations.confirm(contained, std::chrono::steady_clock::now() + std::chrono::hours(1));
}

inline redis::ClientConfig test_redis_config() {
  redis::ClientConfig config;
  const char* const url = std::getenv("SOUK_TEST_REDIS_URL");
  EXPECT_NE(url, nullptr) << "run under tools/with-servers";
  config.url = *redis::parse_url(url == nullptr ? "unix:///nowhere" : url);
  config.url.database = 9;  // emptied by tests; other modules use others
  // Long, so that a busy machine does not fail tests.
  config.command_timeout = std::chrono::seconds(5);
  return config;
}

// Distinguishable from the output of a real compressor.
inline constexpr RenderingKey kPlain{};
inline constexpr RenderingKey kGzip{.coding = 1};
inline constexpr RenderingKey kBrotli{.coding = 2};
inline Rendering mark_as_compressed(const Rendering& plain, RenderingKey wanted) {
  return {wanted, wanted == kGzip ? "gzip of " + plain.bytes : ""};
}

class TestNode {
 public:
  explicit TestNode(CacheConfig config = {}, redis::ClientConfig redis_config = test_redis_config())
      : redis(std::move(redis_config)),
        shared(config, {"things"}, mark_as_compressed, offload, redis.registry),
        level(redis.client, shared.invalidations, shared.redis_secret,
              {redis.registry, redis.log, redis.random}),
        cache(shared, &level, redis.loop, redis.registry, redis.log, redis.clock) {
    [[maybe_unused]] const auto started = redis.start();
    make_coherent(shared.invalidations);
    shared.redis_secret.set(kTestSecret);
  }
  ~TestNode() { run(cache.close()); }

  template <class T>
  T run(runtime::Task<T> task) {
    return redis.run(std::move(task));
  }
  void flush_redis() { redis.perform("FLUSHDB"); }
  runtime::Loop& loop() { return redis.loop; }

  runtime::Context context;
  runtime::Offload offload{1, 100};
  redis::TestClient redis;
  SharedCache shared;
  RedisLevel level;
  HybridCache cache;
};

}  // namespace souk::cache
