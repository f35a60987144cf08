// The cache level in Redis, shared by all nodes. Nothing in it is trusted: a value is used only if
// a node of this shop has made it (secret.h) and it contains every change that this node knows of
// (coherence/invalidations.h). What is older never replaces what is newer all the same, so that a
// slow load does not cost the others theirs.
//
// Before a load a node takes a lease on the key, so that about one node loads at a time. A lease
// has a fence, a number that rises: what was loaded under an earlier one no longer replaces what
// was loaded under a later one.
//
// Threading: one per worker, loop thread only. Ownership: borrows all it is made with, which
// outlives it. Kinds and keys are borrowed until a task has ended.
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
  // For so long a node has a key to itself; then another may load it.
  static constexpr std::chrono::milliseconds kLeaseTime{2'000};
  // Longer than any load takes.
  static constexpr std::chrono::milliseconds kTombstoneTime{60'000};
  // Every key begins with it, so that others may live in the same Redis.
  static constexpr std::string_view kPrefix = "souk:";
  static constexpr std::size_t kKeysPerScan = 500;
  // Forged values are all counted, and logged once in that time.
  static constexpr std::chrono::seconds kForgedLogInterval{60};

  struct Environment {
    telemetry::Registry& registry;
    telemetry::Log& log;
    Random& random;
  };

  RedisLevel(redis::Client& client, const Invalidations& invalidations, const SharedSecret& secret,
             Environment environment);

  // Not before the secret is known.
  bool available() const { return client_.available() && secret_.get(); }

  // Null where nothing is kept that is believed.
  runtime::Task<EntryPtr> get(const Kind& kind, const std::string& key);

  // Whatever is there in our form, believed or not, but for its value; for operators.
  runtime::Task<std::optional<Opened>> peek(const std::string& key);

  struct Look {
    EntryPtr entry = nullptr;  // or else
    std::uint64_t fence = 0;   // of the lease that was granted, or else
    bool busy = false;         // somebody else loads it; where that is not so either, Redis is away
  };
  // The entry, or a lease to load it.
  runtime::Task<Look> look(const Kind& kind, const std::string& key);

  // Under no lease: fence 0. Gives the lease back. False where something newer is there, or Redis
  // is away.
  runtime::Task<bool> store(const Entry& entry, std::chrono::milliseconds ttl, std::uint64_t fence);
  // Whatever is older than the row's `version`, changed by transaction `by`, must not be stored.
  runtime::Task<void> bury(const std::string& key, std::int64_t version, Position by);
  runtime::Task<void> release(const std::string& key, std::uint64_t fence);

  runtime::Task<void> remove(const std::string& key);
  runtime::Task<std::size_t> remove_by_pattern(runtime::Context& context,
                                               const std::string& pattern);

  // Between nine tenths of it and the whole, so that what was made together does not end together.
  std::chrono::milliseconds jittered(std::chrono::milliseconds ttl);

 private:
  EntryPtr believe(const Kind& kind, const std::string& key, std::string_view sealed);
  void report_forged(const std::string& key);
  runtime::Task<Look> lease(const std::string& key);

  redis::Client& client_;
  const Invalidations& invalidations_;
  const SharedSecret& secret_;
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
  SteadyTime quiet_until_{};  // of the log about forged values
};

}  // namespace souk::cache
