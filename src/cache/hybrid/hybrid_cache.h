// The cache that the shop uses: memory, then Redis, then the loader.
//
//   const auto found = co_await cache.get_or_load(context, kProduct, key, load_it);
//   if (const auto entry = cache.hit(kProduct, key)) ...   // memory only, synchronous
//
// - After a pause of requests the first one waits for a look at the change log (Demand).
// - One load of a key at a time on a node, about one over all nodes; other requests wait for it.
// - An entry is served as fresh only while this node is known to have recorded every change up to
// max_unconfirmed ago. Otherwise the database is asked, and if it fails or does not answer within
// soft_timeout, the entry is served as stale.
// - A load that began before a recorded change is never cached. Requests after the change wait for
// it to end and then share the next load: a writer reads its own write, and no key is loaded twice
// at once, however often it changes.
// - Entries requested shortly before their expiry are reloaded in the background.
// - Renderings of an entry are kept with it; compressed forms are made once each, on other threads,
// when first requested.
//
// Threading: one per worker, loop thread only; workers share a SharedCache.
// Ownership: borrows its arguments, which outlive it; close() before it is destroyed.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "cache/cache.h"
#include "cache/hybrid/load_places.h"
#include "cache/hybrid/shared_cache.h"
#include "cache/metrics.h"
#include "cache/remote/redis_level.h"
#include "runtime/loop.h"
#include "runtime/offload.h"
#include "runtime/scope.h"
#include "runtime/wait_queue.h"

namespace souk::cache {

// Reads a value from the database. Called once per load, on the loop, and may outlive its caller:
// it must own its data, or borrow from objects that outlive the cache. Not a coroutine lambda; the
// returned task owns its parameters.
using Loader = std::function<runtime::Task<Value>(runtime::Context&)>;

struct Found {
  EntryPtr entry;
  bool stale = false;  // served because the database did not answer
};
// The same for a known type of a present value.
template <class T>
struct FoundOf : Found {
  const T& operator*() const { return entry->as<T>(); }
  const T* operator->() const { return &**this; }
};

// A change by a transaction of this node: the tag of the row or rows.
struct Change {
  std::string tag;
  std::int64_t version = 0;  // the row's new version; 0: of no single row
};

class HybridCache final : public Cache {
 public:
  // `redis` may be null: memory only.
  HybridCache(SharedCache& shared, RedisLevel* redis, runtime::Loop& loop,
              telemetry::Registry& registry, telemetry::Log& log, const Clock& clock);
  ~HybridCache() override;

  // Waits for running loads, each of which has a time limit.
  runtime::Task<void> close();

  // A fresh entry in memory, or null. Counts a hit; has no other effect.
  EntryPtr hit(const Kind& kind, std::string_view key);

  // How long a load would wait until it may begin (CacheConfig::max_loading).
  SteadyTime::duration expected_load_wait(SteadyTime now) const {
    return load_places_.expected_wait(now);
  }

  // Whether the entry would be served as fresh.
  bool would_serve(const Entry& entry) const;

  // Wakes the follower if it rests; waits for its look, at most soft_timeout, if its last one is
  // too long ago. The functions below that wait do so, too.
  runtime::Task<void> catch_up(runtime::Context& context);

  // Throws the loader's exception if there is no entry to fall back to; Timeout when the context's
  // deadline passes first, and Overloaded when too many wait. Error: not_cached() when the context
  // forbids to load and there is not even a stale entry. The statements of a load begun by this
  // call are charged to the context.
  runtime::Task<Result<Found>> get_or_load(runtime::Context& context, const Kind& kind,
                                           std::string key, Loader load);

  // Call after a commit: entries changed by transaction `by` are dropped here before this returns,
  // in Redis soon after. Other nodes follow by the change log.
  void changed(std::string_view topic, std::span<const Change> changes, Position by);
  // Call after a commit: caches the row's new value, here before this returns, in Redis soon after;
  // unless a later one was recorded meanwhile. The stamp is from before COMMIT.
  void write_through(const Kind& kind, std::string key, Value value, Position by, Stamp stamp);

  // Caches a value that was loaded outside get_or_load(), together with others; in Redis soon
  // after. Returns the entry, cached or not.
  EntryPtr keep_loaded(const Kind& kind, std::string key, Value value, Stamp stamp);

  // Caches a rendering of several entries' values as an entry without a value, on this node only:
  // it has the tags of all parts, is valid as long as each of them, and expires with the first. Not
  // cached if a part is stale or was changed meanwhile. REQUIRES: parts; a kind without values.
  Found compose(const Kind& kind, std::string key, Rendering rendering, std::vector<Found> parts);

  // Adds a rendering to the entry. Returns the one in effect: another thread's if that was first.
  const Rendering& keep_rendering(const EntryPtr& entry, Rendering rendering);
  // Requests a compressed form of a rendering: made once per coding, on another thread, and kept
  // with the entry. If it is not smaller, the plain rendering is kept.
  void want_compressed(const EntryPtr& entry, std::shared_ptr<const Rendering> plain,
                       RenderingKey wanted);

  // ---- Cache
  Stamp stamp() const override;
  runtime::Task<EntryPtr> get(runtime::Context& context, const Kind& kind,
                              std::string key) override;
  runtime::Task<bool> set(runtime::Context& context, const Kind& kind, std::string key, Value value,
                          Stamp stamp, std::optional<std::chrono::milliseconds> expiry) override;
  runtime::Task<void> remove(runtime::Context& context, const Kind& kind, std::string key) override;
  runtime::Task<std::size_t> remove_by_pattern(runtime::Context& context,
                                               std::string pattern) override;

 private:
  // A load that this worker runs or waits for.
  struct PendingLoad {
    PendingLoad(runtime::Loop& loop, SharedLoads::Ticket t) : ticket(t), waiters(loop) {}
    const SharedLoads::Ticket ticket;
    runtime::WaitQueue waiters;
    runtime::Context* context = nullptr;  // while this worker loads
    bool done = false;
    LoadResult result;
  };
  using PendingLoadPtr = std::shared_ptr<PendingLoad>;
  class Inbox;
  class Loading;

  bool is_confirmed(const Entry& entry, SteadyTime now) const;
  // Whether every change up to max_unconfirmed ago is known to be recorded.
  bool is_coherent(SteadyTime now) const;
  void refresh_if_due(const Kind& kind, const EntryPtr& entry, SteadyTime now, const Loader& load);

  // Joins the running load of a key or begins one.
  struct JoinedLoad {
    PendingLoadPtr pending;
    bool began;
  };
  JoinedLoad join_or_begin(const Kind& kind, const std::string& key, const Loader& load,
                           bool traced);
  struct Wanted {
    const Kind& kind;
    std::string key;
    Loader load;
    Invalidations::Sequence arrived;  // changes recorded before must be contained
    EntryPtr fallback;
    bool unconfirmed = false;
    SteadyTime begun;
  };
  runtime::Task<Found> fetch(runtime::Context& context, Wanted wanted);
  // True when it is done; false at the bound, when the request is cancelled, or when too many wait
  // already.
  runtime::Task<bool> wait(runtime::Context& context, PendingLoad& pending, SteadyTime until,
                           bool unconfirmed);
  void cancel_unwanted(const std::string& key, PendingLoad& pending);
  Found outcome(const Wanted& wanted, const PendingLoad& pending);

  void complete(const std::string& key, const LoadResult& result);
  void finish(const std::string& key, const LoadResult& result);
  void charge(runtime::Context& context, const LoadResult& result) const;

  // The entry, or null when this node must load; then with the fence of its lease, or 0.
  runtime::Task<RedisLevel::Look> look_in_redis(runtime::Context& context, const Kind& kind,
                                                const std::string& key);
  // Whether it was cached, or was valid and only too large.
  bool keep(const Kind& kind, const EntryPtr& entry,
            const std::function<bool(const Entry&)>& holds);
  bool keep_own(const Kind& kind, const EntryPtr& entry);  // loaded by this node
  std::chrono::milliseconds jittered(std::chrono::milliseconds ttl);

  // Spawned tasks; they own their arguments.
  // An entry that needs no refresh, or null.
  EntryPtr fresh_in_memory(std::string_view key) const;
  runtime::Task<void> run_load(const Kind& kind, std::string key, Loader load, bool traced);
  runtime::Task<void> refresh(const Kind& kind, std::string key, Loader load);
  runtime::Task<void> compress(EntryPtr entry, std::shared_ptr<const Rendering> plain,
                               RenderingKey wanted);
  void keep_plain(const EntryPtr& entry, const Rendering& plain);
  runtime::Task<void> store(EntryPtr entry, std::chrono::milliseconds ttl);
  runtime::Task<void> store_tombstone(std::string key, std::int64_t version, Position by);

  SharedCache& shared_;
  RedisLevel* redis_;
  runtime::Loop& loop_;
  const Clock& clock_;
  WorkerMetrics metrics_;
  telemetry::Counter& compressions_;
  telemetry::Counter& invalidated_entries_;
  std::map<std::string_view, telemetry::Counter*> noted_;  // by topic
  SystemRandom random_;
  std::unordered_map<std::string, PendingLoadPtr, KeyedHash>
      pending_loads_;         // by key, not done yet
  runtime::WaitQueue looks_;  // requests that wait for the follower's look
  bool awaits_look_ = false;  // it will tell
  std::size_t waiting_ = 0;
  std::size_t confirming_ = 0;
  std::size_t background_ = 0;
  LoadPlaces load_places_;
  std::shared_ptr<Inbox> inbox_;
  runtime::Scope scope_;
};

}  // namespace souk::cache
