#include "cache/hybrid/hybrid_cache.h"

#include <algorithm>

#include "base/backoff.h"
#include "postgres/errors.h"

namespace souk::cache {
namespace {

using runtime::Context;
using runtime::Task;
using std::chrono::milliseconds;

constexpr milliseconds kFirstLeasePause{3};
constexpr milliseconds kLongestLeasePause{40};
// For a request without a deadline.
constexpr std::chrono::minutes kLongestWait{1};

auto now() { return std::chrono::steady_clock::now(); }

}  // namespace

// Where other workers drop what they have loaded for this one. Outlives the cache as long as
// somebody may still drop something.
class HybridCache::Inbox final : public Flights::Follower,
                                 public std::enable_shared_from_this<Inbox> {
 public:
  Inbox(HybridCache& cache, runtime::Loop& loop) : cache_(&cache), loop_(loop) {}

  void on_landed(const std::string& key, const Landing& landing) override {
    loop_.post([self = shared_from_this(), key, landing] {
      if (self->cache_ != nullptr) self->cache_->arrived(key, landing);
    });
  }
  // On the loop.
  void close() { cache_ = nullptr; }

 private:
  HybridCache* cache_;  // of the loop alone
  runtime::Loop& loop_;
};

// One of the loads that run at once.
class HybridCache::Loading {
 public:
  explicit Loading(HybridCache& cache) : cache_(cache) { ++cache_.loading_; }
  ~Loading() {
    --cache_.loading_;
    cache_.load_ended_.wake_one();
  }
  Loading(const Loading&) = delete;
  Loading& operator=(const Loading&) = delete;

 private:
  HybridCache& cache_;
};

HybridCache::HybridCache(SharedCache& shared, RedisLevel* redis, runtime::Loop& loop,
                         telemetry::Registry& registry, const Clock& clock)
    : shared_(shared),
      redis_(shared.config.use_redis ? redis : nullptr),
      loop_(loop),
      clock_(clock),
      metrics_(registry),
      compressions_(registry.counter(kCompressions)),
      invalidated_entries_(registry.counter(kInvalidatedEntries)),
      load_ended_(loop),
      inbox_(std::make_shared<Inbox>(*this, loop)),
      scope_(loop) {
  for (const auto topic : shared_.invalidations.topics()) {
    noted_[topic] = &registry.counter(kInvalidations, {topic, "own"});
  }
}

HybridCache::~HybridCache() = default;

Task<void> HybridCache::close() {
  co_await scope_.join();
  inbox_->close();
}

// ---- reading

bool HybridCache::believed(const Entry& entry, SteadyTime time) const {
  const auto& invalidations = shared_.invalidations;
  auto known = entry.confirmed_at;
  // What was loaded before the log was lost may have changed without a word.
  if (entry.epoch == invalidations.epoch()) known = std::max(known, invalidations.confirmed_at());
  return time - known <= shared_.config.max_unconfirmed;
}

bool HybridCache::would_serve(const Entry& entry) const {
  const auto time = now();
  return time < entry.fresh_until && believed(entry, time);
}

EntryPtr HybridCache::hit(const Kind& kind, std::string_view key) {
  auto entry = shared_.memory.get(key);
  if (!entry) return nullptr;
  const auto time = now();
  if (time >= entry->refresh_at || !believed(*entry, time)) return nullptr;
  metrics_.of(kind.name).memory_hits.increment();
  return entry;
}

Task<Found> HybridCache::get_or_load(Context& context, const Kind& kind, std::string key,
                                     Loader load) {
  auto entry = shared_.memory.get(key);
  const auto time = now();
  const bool in_time = entry && time < entry->fresh_until;
  if (in_time && believed(*entry, time)) {
    metrics_.of(kind.name).memory_hits.increment();
    refresh_if_due(kind, entry, time, load);
    co_return Found{std::move(entry)};
  }
  if (entry && time >= entry->stale_until) entry = nullptr;
  const bool cut_off = time - shared_.invalidations.confirmed_at() > shared_.config.max_unconfirmed;
  if (cut_off && in_time && entry && confirming_ >= shared_.config.max_confirming) {
    metrics_.of(kind.name).stale_unconfirmed.increment();
    co_return Found{std::move(entry), true};
  }
  co_return co_await fetch(context, {.kind = kind,
                                     .key = std::move(key),
                                     .load = std::move(load),
                                     .arrived = shared_.invalidations.sequence(),
                                     .stand_in = std::move(entry),
                                     .unconfirmed = cut_off && in_time});
}

HybridCache::Boarding HybridCache::board(const Kind& kind, const std::string& key,
                                         const Loader& load) {
  const auto found = flights_.find(key);
  if (found != flights_.end()) return {found->second, false};
  const auto ticket = shared_.flights.join(key, shared_.invalidations.sequence(), inbox_);
  auto flight = std::make_shared<Flight>(loop_, ticket);
  flights_[key] = flight;
  if (ticket.leads) scope_.spawn(fly(kind, key, load));
  return {std::move(flight), ticket.leads};
}

Task<Found> HybridCache::fetch(Context& context, Wanted wanted) {
  const auto& invalidations = shared_.invalidations;
  const auto key_hash = hash_of_tag(wanted.key);
  const auto begun = now();
  auto until = begun + std::min<SteadyTime::duration>(context.remaining(begun), kLongestWait);
  if (wanted.stand_in) until = std::min(until, begun + shared_.config.soft_timeout);
  for (;;) {
    const auto [flight, began] = board(wanted.kind, wanted.key, wanted.load);
    const auto since = flight->ticket.since;
    const bool good =
        since >= wanted.arrived || !invalidations.changed_since(wanted.kind, key_hash, since);
    if (!began) metrics_.of(wanted.kind.name).waits.increment();
    const bool landed = co_await wait(context, *flight, until, wanted.unconfirmed);
    if (context.cancelled) cancel_unwanted(wanted.key, *flight);
    if (began) charge(context, flight->landing);
    if (good || !landed) co_return outcome(wanted, *flight);
    // It began before a change that was noted before this was asked. The next one will do.
    if (auto entry = hit(wanted.kind, wanted.key)) co_return Found{std::move(entry)};
  }
}

Task<bool> HybridCache::wait(Context& context, Flight& flight, SteadyTime until, bool unconfirmed) {
  if (flight.landed || waiting_ >= shared_.config.max_waiting) co_return flight.landed;
  ++waiting_;
  if (unconfirmed) ++confirming_;
  {
    auto waiting = flight.waiters.wait(until - now());
    const runtime::StopOnCancel hook(context, waiting);
    static_cast<void>(co_await waiting);
  }
  if (unconfirmed) --confirming_;
  --waiting_;
  co_return flight.landed;
}

// A load that this worker runs and nobody waits for any more, here or on another worker, ends with
// the request that began it.
void HybridCache::cancel_unwanted(const std::string& key, Flight& flight) {
  const bool wanted = flight.landed || flight.load == nullptr || flight.waiters.size() > 0;
  if (wanted || !shared_.flights.withdraw(key)) return;
  flight.load->cancel();
  flights_.erase(key);
}

Found HybridCache::outcome(const Wanted& wanted, const Flight& flight) {
  auto& metrics = metrics_.of(wanted.kind.name);
  const auto& landing = flight.landing;
  if (landing.entry) {
    (landing.from_redis ? metrics.redis_hits : metrics.misses).increment();
    return {landing.entry};
  }
  metrics.misses.increment();
  if (wanted.stand_in) {
    (wanted.unconfirmed ? metrics.stale_unconfirmed
     : flight.landed    ? metrics.stale_error
                        : metrics.stale_slow)
        .increment();
    return {wanted.stand_in, true};
  }
  if (flight.landed) std::rethrow_exception(landing.failure);
  if (waiting_ >= shared_.config.max_waiting) {
    throw Overloaded("too many requests wait for the cache to be filled");
  }
  throw Timeout("the deadline passed while the cache was filled");
}

void HybridCache::charge(Context& context, const Landing& landing) const {
  context.statements += landing.statements;
  context.database_time += landing.database_time;
}

void HybridCache::refresh_if_due(const Kind& kind, const EntryPtr& entry, SteadyTime time,
                                 const Loader& load) {
  if (time < entry->refresh_at) return;
  if (background_ >= shared_.config.max_background || flights_.contains(entry->key)) return;
  metrics_.of(kind.name).refreshes.increment();
  scope_.spawn(refresh(kind, entry->key, load));
}

Task<void> HybridCache::refresh(const Kind& kind, std::string key, Loader load) {
  ++background_;
  const auto flight = board(kind, key, load).flight;
  if (!flight->landed) {
    static_cast<void>(co_await flight->waiters.wait(shared_.config.fill_timeout));
  }
  --background_;
}

// ---- loading

Task<RedisLevel::Look> HybridCache::look_in_redis(const Kind& kind, const std::string& key) {
  const auto begun = now();
  const auto& invalidations = shared_.invalidations;
  const bool coherent = begun - invalidations.confirmed_at() <= shared_.config.max_unconfirmed;
  if (redis_ == nullptr || !redis_->available() || !coherent) co_return RedisLevel::Look{};
  auto look = co_await redis_->look(kind, key);
  int looks = 0;
  while (look.busy && now() - begun < shared_.config.max_lease_wait) {
    co_await loop_.sleep(exponential_backoff(kFirstLeasePause, kLongestLeasePause, ++looks));
    look = co_await redis_->look(kind, key);
  }
  co_return look;
}

Task<void> HybridCache::fly(const Kind& kind, std::string key, Loader load) {
  auto& metrics = metrics_.of(kind.name);
  const auto& invalidations = shared_.invalidations;
  const auto begun = now();
  Context context{.deadline = begun + shared_.config.fill_timeout};
  const auto flight = flights_.at(key);
  flight->load = &context;
  Landing landing;
  std::uint64_t fence = 0;
  bool to_be_stored = false;
  try {
    auto look = co_await look_in_redis(kind, key);
    fence = look.fence;
    if (look.entry) {
      landing.from_redis = true;
      landing.entry = std::move(look.entry);
      keep(kind, landing.entry,
           [&](const Entry& entry) { return invalidations.holds_from_redis(entry); });
    } else {
      while (loading_ >= shared_.config.max_loading) {
        static_cast<void>(co_await load_ended_.wait());
      }
      const Loading loading(*this);
      const auto stamp = this->stamp();
      const auto asked = now();
      auto value = co_await load(context);
      const auto ttl = jittered(value.absent() ? kind.absent_ttl : kind.memory_ttl);
      const auto entry = make_entry(kind, key, std::move(value), stamp, clock_.now(), ttl);
      entry->confirmed_at = asked;
      to_be_stored = keep_own(kind, entry);
      landing.entry = entry;
    }
  } catch (...) {
    if (!context.cancelled) metrics.failed.increment();
    landing.failure = std::current_exception();
  }
  metrics.fill_duration.observe(now() - begun);
  landing.statements = context.statements;
  landing.database_time = context.database_time;
  flight->load = nullptr;
  if (!context.cancelled) land(key, landing);  // else nobody waits, or for another load of the key
  if (to_be_stored && redis_ != nullptr) {
    const auto ttl = landing.entry->absent() ? kind.absent_ttl : kind.redis_ttl;
    co_await redis_->store(*landing.entry, ttl, fence);
  } else if (fence > 0) {
    co_await redis_->release(key, fence);
  }
}

bool HybridCache::keep(const Kind& kind, const EntryPtr& entry,
                       const std::function<bool(const Entry&)>& holds) {
  auto& metrics = metrics_.of(kind.name);
  switch (shared_.memory.put(entry, holds)) {
    case MemoryLevel::Put::kKept:
      metrics.kept.increment();
      return true;
    case MemoryLevel::Put::kTooLarge:
      metrics.too_large.increment();
      return holds(*entry);
    case MemoryLevel::Put::kOlder:
      metrics.older.increment();
      return false;
    case MemoryLevel::Put::kRefused:
      metrics.refused.increment();
      return false;
  }
}

bool HybridCache::keep_own(const Kind& kind, const EntryPtr& entry) {
  return keep(kind, entry, [&](const Entry& e) { return shared_.invalidations.holds(e); });
}

void HybridCache::land(const std::string& key, const Landing& landing) {
  shared_.flights.land(key, landing);
  arrived(key, landing);
}

void HybridCache::arrived(const std::string& key, const Landing& landing) {
  const auto found = flights_.find(key);
  if (found == flights_.end()) return;
  const auto flight = found->second;
  flights_.erase(found);
  flight->landing = landing;
  flight->landed = true;
  flight->waiters.wake_all();
}

milliseconds HybridCache::jittered(milliseconds ttl) {
  const auto tenth = static_cast<std::uint64_t>(ttl.count() / 10);
  return ttl - milliseconds(random_.next() % (tenth + 1));
}

// ---- renderings

const Rendering& HybridCache::keep_rendering(const EntryPtr& entry, Rendering rendering) {
  const auto& kept = entry->renderings.add(std::move(rendering));
  shared_.memory.grew(*entry);
  return kept;
}

void HybridCache::want_compressed(const EntryPtr& entry, const Rendering& plain) {
  const bool worth_it = plain.bytes.size() >= shared_.config.min_compressed;
  if (worth_it && plain.compression.take()) scope_.spawn(compress(entry, plain));
}

// The rendering is the entry's.
Task<void> HybridCache::compress(EntryPtr entry, const Rendering& plain) {
  auto made =
      co_await shared_.offload.run(loop_, [this, &plain] { return shared_.compressor(plain); });
  if (!made) {
    plain.compression.reset();  // too much waits: the next to ask tries again
    co_return;
  }
  compressions_.increment();
  for (auto& each : *made) keep_rendering(entry, std::move(each));
}

// ---- changing

void HybridCache::changed(std::string_view topic, std::span<const Change> changes, Position by) {
  std::size_t removed = 0;
  for (const auto& change : changes) {
    const auto tag = hash_of_tag(change.tag);
    if (!shared_.invalidations.note(topic, tag, change.version, by)) continue;
    noted_.at(topic)->increment();
    removed += shared_.memory.remove_tag(change.tag, change.version);
    if (change.version > 0 && redis_ != nullptr) {
      scope_.spawn(bury(change.tag, change.version, by));
    }
  }
  invalidated_entries_.add(static_cast<double>(removed));
}

void HybridCache::show(const Kind& kind, std::string key, Value value, Position by, Stamp stamp) {
  const auto tag = hash_of_tag(key);
  if (shared_.invalidations.note(kind.topic, tag, value.version, by)) {
    noted_.at(kind.topic)->increment();
  }
  const auto ttl = jittered(kind.memory_ttl);
  const auto entry = make_entry(kind, std::move(key), std::move(value), stamp, clock_.now(), ttl);
  entry->confirmed_at = now();
  const bool kept = keep_own(kind, entry);
  // What was noted above is not removed by the follower again, and the entry may not have taken the
  // place of the older one.
  const auto removed = shared_.memory.remove_tag(entry->key, entry->version);
  invalidated_entries_.add(static_cast<double>(removed));
  if (kept && redis_ != nullptr) scope_.spawn(store(entry, kind.redis_ttl));
}

EntryPtr HybridCache::keep_loaded(const Kind& kind, std::string key, Value value, Stamp stamp) {
  const auto ttl = jittered(value.absent() ? kind.absent_ttl : kind.memory_ttl);
  const EntryPtr entry =
      make_entry(kind, std::move(key), std::move(value), stamp, clock_.now(), ttl);
  metrics_.of(kind.name).misses.increment();
  if (keep_own(kind, entry) && redis_ != nullptr) scope_.spawn(store(entry, kind.redis_ttl));
  return entry;
}

Found HybridCache::compose(const Kind& kind, std::string key, Value value,
                           std::vector<Found> parts) {
  auto entry = make_entry(kind, std::move(key), std::move(value), stamp(), clock_.now());
  entry->epoch = parts.front().entry->epoch;
  entry->confirmed_at = now();
  bool stale = false;
  bool of_one_epoch = true;
  for (const auto& part : parts) {
    const auto& each = *part.entry;
    stale = stale || part.stale;
    of_one_epoch = of_one_epoch && each.epoch == entry->epoch;
    entry->tags.push_back(hash_of_tag(each.key));
    entry->tags.insert(entry->tags.end(), each.tags.begin(), each.tags.end());
    entry->made_at = std::min(entry->made_at, each.made_at);
    entry->confirmed_at = std::min(entry->confirmed_at, each.confirmed_at);
    entry->refresh_at = std::min(entry->refresh_at, each.refresh_at);
    entry->fresh_until = std::min(entry->fresh_until, each.fresh_until);
    entry->stale_until = std::min(entry->stale_until, each.stale_until);
  }
  metrics_.of(kind.name).misses.increment();
  if (!stale && of_one_epoch) {
    keep(kind, entry, [&](const Entry&) {
      return std::ranges::all_of(
          parts, [&](const Found& part) { return shared_.invalidations.holds(*part.entry); });
    });
  }
  return {std::move(entry), stale};
}

Task<void> HybridCache::store(EntryPtr entry, milliseconds ttl) {
  co_await redis_->store(*entry, ttl, 0);
}

Task<void> HybridCache::bury(std::string key, std::int64_t version, Position by) {
  co_await redis_->bury(key, version, by);
}

// ---- Cache

Stamp HybridCache::stamp() const { return shared_.invalidations.stamp(); }

Task<EntryPtr> HybridCache::get(Context&, const Kind& kind, std::string key) {
  auto entry = shared_.memory.get(key);
  const auto time = now();
  if (entry && time < entry->fresh_until && believed(*entry, time)) co_return entry;
  const auto& invalidations = shared_.invalidations;
  const bool coherent = time - invalidations.confirmed_at() <= shared_.config.max_unconfirmed;
  if (redis_ == nullptr || !coherent) co_return nullptr;
  entry = co_await redis_->get(kind, key);
  if (entry) {
    keep(kind, entry, [&](const Entry& e) { return invalidations.holds_from_redis(e); });
  }
  co_return entry;
}

Task<bool> HybridCache::set(Context&, const Kind& kind, std::string key, Value value, Stamp stamp,
                            std::optional<milliseconds> expiry) {
  const bool absent = value.absent();
  const auto memory_ttl = expiry.value_or(absent ? kind.absent_ttl : kind.memory_ttl);
  const auto redis_ttl = expiry.value_or(absent ? kind.absent_ttl : kind.redis_ttl);
  const EntryPtr entry =
      make_entry(kind, std::move(key), std::move(value), stamp, clock_.now(), memory_ttl);
  if (!keep_own(kind, entry)) co_return false;
  if (redis_ != nullptr) co_await redis_->store(*entry, redis_ttl, 0);
  co_return true;
}

Task<void> HybridCache::remove(Context&, const Kind&, std::string key) {
  shared_.memory.remove(key);
  if (redis_ != nullptr) co_await redis_->remove(key);
}

Task<std::size_t> HybridCache::remove_by_pattern(Context& context, std::string pattern) {
  auto removed = shared_.memory.remove_matching(pattern);
  if (redis_ != nullptr) removed += co_await redis_->remove_by_pattern(context, pattern);
  co_return removed;
}

}  // namespace souk::cache
