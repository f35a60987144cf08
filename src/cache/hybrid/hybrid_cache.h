// The cache that the shop reads through: memory, then Redis, then the loader.
//
//   const auto found = co_await cache.get_or_load(context, kProduct, key, load_it);
//   if (const auto entry = cache.hit(kProduct, key)) ...   // memory alone, at once
//
// - One load of a key at a time on a node, about one over all nodes; the others wait for it.
// - An entry is served as fresh only while this node knows that it has noted every change up to
//   max_unconfirmed ago. Otherwise the database is asked, and where it does not answer in
//   soft_timeout or fails, the entry stands in and is said to be stale.
// - A load that began before a change was noted is never kept. Who comes after the change waits for
//   it to end, and for the next one, which all of them share: who wrote and was answered reads what
//   was written, and no key is loaded twice at once, however often it changes.
// - Entries that are asked for shortly before their time is over are loaded anew meanwhile.
// - What is rendered of an entry is kept with it; compressed forms are made once, on other threads,
//   when first asked for.
//
// Threading: one per worker, loop thread only; workers share a SharedCache.
// Ownership: borrows all it is made with, which outlives it; close() before it is destroyed.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "cache/cache.h"
#include "cache/hybrid/shared_cache.h"
#include "cache/metrics.h"
#include "cache/remote/redis_level.h"
#include "runtime/loop.h"
#include "runtime/offload.h"
#include "runtime/scope.h"
#include "runtime/wait_queue.h"

namespace souk::cache {

// Reads from the database what is to be cached. Called once per load, on the loop, and may outlive
// whoever asked: it owns, or borrows from what outlives the cache, all that it uses. Not a
// coroutine lambda; the task it returns owns its parameters.
using Loader = std::function<runtime::Task<Value>(runtime::Context&)>;

struct Found {
  EntryPtr entry;
  bool stale = false;  // it stands in for an answer that the database did not give
};
// The same where the type of its value is known, and that there is one.
template <class T>
struct FoundOf : Found {
  const T& operator*() const { return entry->as<T>(); }
  const T* operator->() const { return &**this; }
  std::shared_ptr<const T> share() const { return {entry->value, &**this}; }
};

// A row or rows behind a tag that a transaction of this node has changed.
struct Change {
  std::string tag;
  std::int64_t version = 0;  // of the row from now on; 0: of no single row
};

class HybridCache final : public Cache {
 public:
  // `redis` may be null: then memory is all there is.
  HybridCache(SharedCache& shared, RedisLevel* redis, runtime::Loop& loop,
              telemetry::Registry& registry, const Clock& clock);
  ~HybridCache() override;

  // Waits for loads that are under way, each of which has its time.
  runtime::Task<void> close();

  // A fresh entry that is in memory, or null. Counts a hit, and nothing else.
  EntryPtr hit(const Kind& kind, std::string_view key);

  // Whether an entry would be served as it is.
  bool would_serve(const Entry& entry) const;

  // Throws what the loader throws, where nothing can stand in for it; Timeout where the
  // context's deadline passes first, and Overloaded where too many wait. The context is
  // charged with the statements of a load that this call began.
  runtime::Task<Found> get_or_load(runtime::Context& context, const Kind& kind, std::string key,
                                   Loader load);

  // After a commit: what `by` has changed is dropped here before this returns, in Redis soon after.
  // Other nodes learn it from the change log.
  void changed(std::string_view topic, std::span<const Change> changes, Position by);
  // After a commit: keeps the row's new value, here before this returns, in Redis soon after; not
  // where a later one was noted meanwhile. The stamp is of before COMMIT.
  void show(const Kind& kind, std::string key, Value value, Position by, Stamp stamp);

  // Keeps a value that was loaded beside get_or_load(), together with others; in Redis soon after.
  // The entry, kept or not.
  EntryPtr keep_loaded(const Kind& kind, std::string key, Value value, Stamp stamp);

  // An entry that is put together from others, on this node alone: it has the tags of all, holds as
  // long as each of them, and ends with the first of them. Kept, unless a part is stale or was
  // changed meanwhile. REQUIRES: parts.
  Found compose(const Kind& kind, std::string key, Value value, std::vector<Found> parts);

  // Keeps with the entry what was rendered of it. The one that is kept: where another thread was
  // first, its.
  const Rendering& keep_rendering(const EntryPtr& entry, Rendering rendering);
  // Somebody would have a rendering of the entry compressed: has that done once, on another thread,
  // unless it is too small. The compressed forms are kept with the entry, where they are smaller.
  void want_compressed(const EntryPtr& entry, const Rendering& plain);

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
  // A load that somebody on this worker waits for.
  struct Flight {
    Flight(runtime::Loop& loop, Flights::Ticket t) : ticket(t), waiters(loop) {}
    const Flights::Ticket ticket;
    runtime::WaitQueue waiters;
    runtime::Context* load = nullptr;  // while this worker loads
    bool landed = false;
    Landing landing;
  };
  using FlightPtr = std::shared_ptr<Flight>;
  class Inbox;
  class Loading;

  bool believed(const Entry& entry, SteadyTime now) const;
  void refresh_if_due(const Kind& kind, const EntryPtr& entry, SteadyTime now, const Loader& load);

  // Joins or begins the load of a key.
  struct Boarding {
    FlightPtr flight;
    bool began;
  };
  Boarding board(const Kind& kind, const std::string& key, const Loader& load);
  struct Wanted {
    const Kind& kind;
    std::string key;
    Loader load;
    Invalidations::Sequence arrived;  // what was noted before is to be contained
    EntryPtr stand_in;
    bool unconfirmed = false;
  };
  runtime::Task<Found> fetch(runtime::Context& context, Wanted wanted);
  // True when it has landed; false at the bound, when the request is cancelled, or where too many
  // wait already.
  runtime::Task<bool> wait(runtime::Context& context, Flight& flight, SteadyTime until,
                           bool unconfirmed);
  void cancel_unwanted(const std::string& key, Flight& flight);
  Found outcome(const Wanted& wanted, const Flight& flight);

  void land(const std::string& key, const Landing& landing);
  void arrived(const std::string& key, const Landing& landing);
  void charge(runtime::Context& context, const Landing& landing) const;

  // The entry, or null where this node is to load; then with the fence of its lease, or 0.
  runtime::Task<RedisLevel::Look> look_in_redis(const Kind& kind, const std::string& key);
  // Whether it was kept, or is not only for want of room.
  bool keep(const Kind& kind, const EntryPtr& entry,
            const std::function<bool(const Entry&)>& holds);
  bool keep_own(const Kind& kind, const EntryPtr& entry);  // that this node has loaded
  std::chrono::milliseconds jittered(std::chrono::milliseconds ttl);

  // Tasks that are spawned; they own what they are given.
  runtime::Task<void> fly(const Kind& kind, std::string key, Loader load);
  runtime::Task<void> refresh(const Kind& kind, std::string key, Loader load);
  runtime::Task<void> compress(EntryPtr entry, const Rendering& plain);
  runtime::Task<void> store(EntryPtr entry, std::chrono::milliseconds ttl);
  runtime::Task<void> bury(std::string key, std::int64_t version, Position by);

  SharedCache& shared_;
  RedisLevel* redis_;
  runtime::Loop& loop_;
  const Clock& clock_;
  WorkerMetrics metrics_;
  telemetry::Counter& compressions_;
  telemetry::Counter& invalidated_entries_;
  std::map<std::string_view, telemetry::Counter*> noted_;  // by topic
  SystemRandom random_;
  std::unordered_map<std::string, FlightPtr, KeyedHash> flights_;  // by key, not landed yet
  std::size_t waiting_ = 0;
  std::size_t confirming_ = 0;
  std::size_t background_ = 0;
  std::size_t loading_ = 0;
  runtime::WaitQueue load_ended_;
  std::shared_ptr<Inbox> inbox_;
  runtime::Scope scope_;
};

}  // namespace souk::cache
