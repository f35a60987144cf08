// The cache level in Redis, shared by all nodes. Redis is not trusted: a value is used only if a
// node of this shop made it (secret.h) and it contains every change that this node knows of
// (coherence/invalidations.h). Still, an older value never replaces a newer one, so that a slow
// load does not discard the others'.
//
// Before a load a node takes a lease on the key, so that about one node loads at a time. A lease
// has a rising fence number: a value loaded under an earlier lease never replaces one loaded under
// a later one.
//
// Threading: one per worker, loop thread only. Ownership: borrows its arguments, which outlive it.
// Kinds and keys are borrowed until a task has ended.
#pragma once

#include <cstdint>
#include <string>

#include "base/random.h"
#include "cache/cache.h"
#include "cache/coherence/invalidations.h"
#include "cache/remote/envelope.h"
#include "redis/client.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace souk::cache {

class RedisLevel {
 public:
  // The duration of a lease; after it another node may load the key.
  static constexpr std::chrono::milliseconds kLeaseTime{2'000};
  // Longer than any load takes.
  static constexpr std::chrono::milliseconds kTombstoneTime{60'000};
  // The prefix of every key, so that other programs may use the same Redis.
  static constexpr std::string_view kPrefix = "souk:";
  static constexpr std::size_t kKeysPerScan = 500;
  // Forged values are all counted, and logged at most once in this time.
  static constexpr std::chrono::seconds kForgedLogInterval{60};

  struct Environment {
    telemetry::Registry& registry;
    telemetry::Log& log;
    Random& random;
  };

  RedisLevel(redis::Client& client, const Invalidations& invalidations,
             const redis::SharedSecret& secret, Environment environment);

  // False until the secret is known.
  bool available() const { return client_.available() && secret_.get(); }

  // Null when there is no valid entry.
  runtime::Task<EntryPtr> get(const Kind& kind, const std::string& key);

  // The metadata of any entry in our format, valid or not; for operators.
  runtime::Task<std::optional<Opened>> peek(const std::string& key);

  struct Look {
    EntryPtr entry = nullptr;  // otherwise
    std::uint64_t fence = 0;   // of the granted lease; otherwise
    bool busy = false;         // another node loads it; otherwise Redis is unreachable
  };
  // The entry, or a lease to load it.
  runtime::Task<Look> look(const Kind& kind, const std::string& key);

  // Without a lease: fence 0. Releases the lease. False when there is a newer value, or Redis is
  // unreachable.
  runtime::Task<bool> store(const Entry& entry, std::chrono::milliseconds ttl, std::uint64_t fence);
  // Prevents storing values older than the row's `version`, which transaction `by` made.
  runtime::Task<void> store_tombstone(const std::string& key, std::int64_t version, Position by);
  runtime::Task<void> release(const std::string& key, std::uint64_t fence);

  runtime::Task<void> remove(const std::string& key);
  runtime::Task<std::size_t> remove_by_pattern(runtime::Context& context,
                                               const std::string& pattern);

  // Between 90 % and 100 % of `ttl`, so that values made together do not expire together.
  std::chrono::milliseconds jittered(std::chrono::milliseconds ttl);

 private:
  EntryPtr believe(const Kind& kind, const std::string& key, std::string_view sealed);
  void report_forged(const std::string& key);
  runtime::Task<Look> lease(const std::string& key);

  redis::Client& client_;
  const Invalidations& invalidations_;
  const redis::SharedSecret& secret_;
  telemetry::Log& log_;
  Random& random_;
  const redis::Script look_script_;
  const redis::Script lease_script_;
  const redis::Script store_script_;
  const redis::Script release_script_;
  telemetry::Counter& foreign_;
  telemetry::Counter& forged_;
  telemetry::Counter& outdated_;
  telemetry::Counter& granted_;
  telemetry::Counter& waited_;
  SteadyTime quiet_until_{};  // next log line about forged values
};

}  // namespace souk::cache
