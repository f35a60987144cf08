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

// Receives results that other workers have loaded for this one, and the follower's looks. Outlives
// the cache while others may still send one.
class HybridCache::Inbox final : public SharedLoads::Waiter,
                                 public Demand::Waiter,
                                 public std::enable_shared_from_this<Inbox> {
 public:
  Inbox(HybridCache& cache, runtime::Loop& loop) : cache_(&cache), loop_(loop) {}

  void on_complete(const std::string& key, const LoadResult& result) override {
    loop_.post([self = shared_from_this(), key, result] {
      if (self->cache_ != nullptr) self->cache_->finish(key, result);
    });
  }
  void on_look() override {
    loop_.post([self = shared_from_this()] {
      if (self->cache_ == nullptr) return;
      self->cache_->awaits_look_ = false;
      self->cache_->looks_.wake_all();
    });
  }
  // On the loop only.
  void close() { cache_ = nullptr; }

 private:
  HybridCache* cache_;  // used on the loop only
  runtime::Loop& loop_;
};

HybridCache::HybridCache(SharedCache& shared, RedisLevel* redis, runtime::Loop& loop,
                         telemetry::Registry& registry, telemetry::Log& log, const Clock& clock)
    : shared_(shared),
      redis_(shared.config.use_redis ? redis : nullptr),
      loop_(loop),
      clock_(clock),
      metrics_(registry, log),
      compressions_(registry.cell(kMetrics.compressions)),
      invalidated_entries_(registry.cell(kMetrics.invalidated_entries)),
      looks_(loop),
      load_places_(loop, shared.config.max_loading),
      inbox_(std::make_shared<Inbox>(*this, loop)),
      scope_(loop) {
  for (const auto topic : shared_.invalidations.topics()) {
    noted_[topic] = &registry.cell(kMetrics.invalidations, {topic, "own"});
  }
}

HybridCache::~HybridCache() = default;

Task<void> HybridCache::close() {
  co_await scope_.join();
  inbox_->close();
}

// ---- reading

bool HybridCache::is_confirmed(const Entry& entry, SteadyTime time) const {
  const auto& invalidations = shared_.invalidations;
  auto known = entry.confirmed_at;
  // Entries from before the loss of the log may have changed unrecorded.
  if (entry.epoch == invalidations.epoch()) known = std::max(known, invalidations.confirmed_at());
  return time - known <= shared_.config.max_unconfirmed;
}

bool HybridCache::is_coherent(SteadyTime time) const {
  return time - shared_.invalidations.confirmed_at() <= shared_.config.max_unconfirmed;
}

bool HybridCache::would_serve(const Entry& entry) const {
  const auto time = now();
  return time < entry.fresh_until && is_confirmed(entry, time);
}

EntryPtr HybridCache::fresh_in_memory(std::string_view key) const {
  auto entry = shared_.memory.get(key);
  if (!entry) return nullptr;
  const auto time = now();
  return time < entry->refresh_at && is_confirmed(*entry, time) ? entry : nullptr;
}

EntryPtr HybridCache::hit(const Kind& kind, std::string_view key) {
  shared_.demand.note();
  auto entry = fresh_in_memory(key);
  if (entry) metrics_.of(kind).memory_hits.increment();
  return entry;
}

Task<Result<Found>> HybridCache::get_or_load(Context& context, const Kind& kind, std::string key,
                                             Loader load) {
  shared_.demand.note();
  const auto arrived = now();
  auto time = arrived;
  if (!is_coherent(time)) {
    co_await catch_up(context);
    time = now();
  }
  auto entry = shared_.memory.get(key);
  const bool in_time = entry && time < entry->fresh_until;
  if (in_time && is_confirmed(*entry, time)) {
    metrics_.of(kind).memory_hits.increment();
    refresh_if_due(kind, entry, time, load);
    co_return Found{std::move(entry)};
  }
  if (entry && time >= entry->stale_until) entry = nullptr;
  if (context.cached_only) {
    if (!entry) co_return runtime::not_cached(context);
    metrics_.of(kind).stale_slow.increment();
    co_return Found{std::move(entry), true};
  }
  const bool cut_off = !is_coherent(time);
  if (cut_off && in_time && entry && confirming_ >= shared_.config.max_confirming) {
    metrics_.of(kind).stale_unconfirmed.increment();
    co_return Found{std::move(entry), true};
  }
  co_return co_await fetch(context, {.kind = kind,
                                     .key = std::move(key),
                                     .load = std::move(load),
                                     .arrived = shared_.invalidations.sequence(),
                                     .fallback = std::move(entry),
                                     .unconfirmed = cut_off && in_time,
                                     .begun = arrived});
}

Task<void> HybridCache::catch_up(Context& context) {
  shared_.demand.note();
  const auto arrived = now();
  if (is_coherent(arrived) || waiting_ >= shared_.config.max_waiting) co_return;
  if (!awaits_look_ && !shared_.demand.await_look(inbox_)) co_return;
  awaits_look_ = true;
  const auto bound =
      std::min<SteadyTime::duration>(context.remaining(arrived), shared_.config.soft_timeout);
  ++waiting_;
  {
    auto waiting = looks_.wait(bound);
    const runtime::StopOnCancel hook(context, waiting);
    static_cast<void>(co_await waiting);
  }
  --waiting_;
}

HybridCache::JoinedLoad HybridCache::join_or_begin(const Kind& kind, const std::string& key,
                                                   const Loader& load, bool traced) {
  const auto found = pending_loads_.find(key);
  if (found != pending_loads_.end()) return {found->second, false};
  const auto ticket = shared_.loads.join(key, shared_.invalidations.sequence(), inbox_);
  auto pending = std::make_shared<PendingLoad>(loop_, ticket);
  pending_loads_[key] = pending;
  if (ticket.leads) scope_.spawn(run_load(kind, key, load, traced));
  return {std::move(pending), ticket.leads};
}

Task<Found> HybridCache::fetch(Context& context, Wanted wanted) {
  const auto& invalidations = shared_.invalidations;
  const auto key_hash = hash_of_tag(wanted.key);
  const auto begun = wanted.begun;
  OpenSpan span(context.spans, SpanKind::kCache, wanted.kind.name, begun);
  auto until = begun + std::min<SteadyTime::duration>(context.remaining(begun), kLongestWait);
  if (wanted.fallback) until = std::min(until, begun + shared_.config.soft_timeout);
  for (;;) {
    const auto [pending, began] =
        join_or_begin(wanted.kind, wanted.key, wanted.load, span.is_recorded());
    const auto since = pending->ticket.since;
    const bool good =
        since >= wanted.arrived || !invalidations.changed_since(wanted.kind, key_hash, since);
    if (!began) metrics_.of(wanted.kind).waits.increment();
    const bool done = co_await wait(context, *pending, until, wanted.unconfirmed);
    if (context.cancelled) cancel_unwanted(wanted.key, *pending);
    if (began) charge(context, pending->result);
    if (began && pending->result.spans) span.adopt(*pending->result.spans);
    if (good || !done) {
      auto found = outcome(wanted, *pending);
      span.succeeded();
      co_return found;
    }
    // That load began before a change recorded before this request: use the next one.
    if (auto entry = hit(wanted.kind, wanted.key)) {
      span.succeeded();
      co_return Found{std::move(entry)};
    }
  }
}

Task<bool> HybridCache::wait(Context& context, PendingLoad& pending, SteadyTime until,
                             bool unconfirmed) {
  if (pending.done || waiting_ >= shared_.config.max_waiting) co_return pending.done;
  ++waiting_;
  if (unconfirmed) ++confirming_;
  {
    auto waiting = pending.waiters.wait(until - now());
    const runtime::StopOnCancel hook(context, waiting);
    static_cast<void>(co_await waiting);
  }
  if (unconfirmed) --confirming_;
  --waiting_;
  co_return pending.done;
}

// Cancels this worker's load when no request waits for it any more, here or on another worker.
void HybridCache::cancel_unwanted(const std::string& key, PendingLoad& pending) {
  const bool wanted = pending.done || pending.context == nullptr || pending.waiters.size() > 0;
  if (wanted || !shared_.loads.withdraw(key)) return;
  pending.context->cancel();
  pending_loads_.erase(key);
}

Found HybridCache::outcome(const Wanted& wanted, const PendingLoad& pending) {
  auto& metrics = metrics_.of(wanted.kind);
  const auto& result = pending.result;
  if (result.entry) {
    (result.from_redis ? metrics.redis_hits : metrics.misses).increment();
    return {result.entry};
  }
  metrics.misses.increment();
  if (wanted.fallback) {
    (wanted.unconfirmed ? metrics.stale_unconfirmed
     : pending.done     ? metrics.stale_error
                        : metrics.stale_slow)
        .increment();
    return {wanted.fallback, true};
  }
  if (pending.done) std::rethrow_exception(result.failure);
  if (waiting_ >= shared_.config.max_waiting) {
    throw Overloaded("too many requests wait for the cache to be filled");
  }
  throw Timeout("the deadline passed while the cache was filled");
}

void HybridCache::charge(Context& context, const LoadResult& result) const {
  context.statements += result.statements;
  context.database_time += result.database_time;
}

void HybridCache::refresh_if_due(const Kind& kind, const EntryPtr& entry, SteadyTime time,
                                 const Loader& load) {
  if (time < entry->refresh_at) return;
  if (background_ >= shared_.config.max_background || pending_loads_.contains(entry->key)) return;
  metrics_.of(kind).refreshes.increment();
  scope_.spawn(refresh(kind, entry->key, load));
}

Task<void> HybridCache::refresh(const Kind& kind, std::string key, Loader load) {
  ++background_;
  const auto pending = join_or_begin(kind, key, load, false).pending;
  if (!pending->done) {
    static_cast<void>(co_await pending->waiters.wait(shared_.config.fill_timeout));
  }
  --background_;
}

// ---- loading

Task<RedisLevel::Look> HybridCache::look_in_redis(Context& context, const Kind& kind,
                                                  const std::string& key) {
  const auto begun = now();
  if (redis_ == nullptr || !redis_->available() || !is_coherent(begun)) {
    co_return RedisLevel::Look{};
  }
  OpenSpan span(context.spans, SpanKind::kRedis, "cache.look", begun);
  auto look = co_await redis_->look(kind, key);
  int looks = 0;
  while (look.busy && now() - begun < shared_.config.max_lease_wait) {
    co_await loop_.sleep(exponential_backoff(kFirstLeasePause, kLongestLeasePause, ++looks));
    look = co_await redis_->look(kind, key);
  }
  if (look.entry || look.fence > 0 || look.busy) span.succeeded();
  co_return look;
}

Task<void> HybridCache::run_load(const Kind& kind, std::string key, Loader load, bool traced) {
  auto& metrics = metrics_.of(kind);
  const auto& invalidations = shared_.invalidations;
  const auto begun = now();
  Spans spans;
  spans.start({}, traced, false);
  Context context{.deadline = begun + shared_.config.fill_timeout, .spans = &spans};
  const auto pending = pending_loads_.at(key);
  pending->context = &context;
  LoadResult result;
  std::uint64_t fence = 0;
  bool to_be_stored = false;
  try {
    // Another worker's load may have ended since this request looked.
    result.entry = fresh_in_memory(key);
    RedisLevel::Look look;
    if (!result.entry) look = co_await look_in_redis(context, kind, key);
    fence = look.fence;
    if (look.entry) {
      result.from_redis = true;
      result.entry = std::move(look.entry);
      keep(kind, result.entry,
           [&](const Entry& entry) { return invalidations.holds_from_redis(entry); });
    } else if (!result.entry) {
      std::optional<LoadPlaces::Place> place;
      co_await load_places_.take(place);
      const auto stamp = this->stamp();
      const auto asked = now();
      auto value = co_await load(context);
      const auto ttl = jittered(value.absent() ? kind.absent_ttl : kind.memory_ttl);
      const auto entry = make_entry(kind, key, std::move(value), stamp, clock_.now(), ttl);
      entry->confirmed_at = asked;
      to_be_stored = keep_own(kind, entry);
      result.entry = entry;
      metrics.loading.succeeded();
    }
  } catch (const std::exception& error) {
    if (!context.cancelled) metrics.loading.failed(error);
    result.failure = std::current_exception();
  }
  metrics.fill_duration.observe(now() - begun);
  result.statements = context.statements;
  result.database_time = context.database_time;
  if (traced) result.spans = std::make_shared<const std::vector<Span>>(spans.take(now()));
  pending->context = nullptr;
  if (!context.cancelled) complete(key, result);  // else nobody waits for this load
  if (to_be_stored && redis_ != nullptr) {
    const auto ttl = result.entry->absent() ? kind.absent_ttl : kind.redis_ttl;
    co_await redis_->store(*result.entry, ttl, fence);
  } else if (fence > 0) {
    co_await redis_->release(key, fence);
  }
}

bool HybridCache::keep(const Kind& kind, const EntryPtr& entry,
                       const std::function<bool(const Entry&)>& holds) {
  auto& metrics = metrics_.of(kind);
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

void HybridCache::complete(const std::string& key, const LoadResult& result) {
  shared_.loads.complete(key, result);
  finish(key, result);
}

void HybridCache::finish(const std::string& key, const LoadResult& result) {
  const auto found = pending_loads_.find(key);
  if (found == pending_loads_.end()) return;
  const auto pending = found->second;
  pending_loads_.erase(found);
  pending->result = result;
  pending->done = true;
  pending->waiters.wake_all();
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

void HybridCache::want_compressed(const EntryPtr& entry, std::shared_ptr<const Rendering> plain,
                                  RenderingKey wanted) {
  if (plain->bytes.size() < shared_.config.min_compressed) {
    keep_plain(entry, *plain);
  } else if (entry->renderings.claim(wanted)) {
    scope_.spawn(compress(entry, std::move(plain), wanted));
  }
}

Task<void> HybridCache::compress(EntryPtr entry, std::shared_ptr<const Rendering> plain,
                                 RenderingKey wanted) {
  auto made = co_await shared_.offload.run(
      loop_, [this, &plain, wanted] { return shared_.compressor(*plain, wanted); });
  if (!made) entry->renderings.give_up(wanted);  // the queue is full: the next request tries again
  if (made) compressions_.increment();
  if (made && !made->bytes.empty()) {
    keep_rendering(entry, *std::move(made));
  } else {
    keep_plain(entry, *plain);
  }
}

void HybridCache::keep_plain(const EntryPtr& entry, const Rendering& plain) {
  if (entry->renderings.find(plain.key) == nullptr) keep_rendering(entry, plain);
}

// ---- changing

void HybridCache::changed(std::string_view topic, std::span<const Change> changes, Position by) {
  std::size_t removed = 0;
  for (const auto& change : changes) {
    const auto tag = hash_of_tag(change.tag);
    if (!shared_.invalidations.record(topic, tag, change.version, by)) continue;
    noted_.at(topic)->increment();
    removed += shared_.memory.remove_tag(change.tag, change.version);
    if (change.version > 0 && redis_ != nullptr) {
      scope_.spawn(store_tombstone(change.tag, change.version, by));
    }
  }
  invalidated_entries_.add(static_cast<double>(removed));
}

void HybridCache::write_through(const Kind& kind, std::string key, Value value, Position by,
                                Stamp stamp) {
  const auto tag = hash_of_tag(key);
  if (shared_.invalidations.record(kind.topic, tag, value.version, by)) {
    noted_.at(kind.topic)->increment();
  }
  const auto ttl = jittered(kind.memory_ttl);
  const auto entry = make_entry(kind, std::move(key), std::move(value), stamp, clock_.now(), ttl);
  entry->confirmed_at = now();
  const bool kept = keep_own(kind, entry);
  // The follower does not remove entries for a change recorded above, and the new entry may not
  // have replaced the older one.
  const auto removed = shared_.memory.remove_tag(entry->key, entry->version);
  invalidated_entries_.add(static_cast<double>(removed));
  if (kept && redis_ != nullptr) scope_.spawn(store(entry, kind.redis_ttl));
}

EntryPtr HybridCache::keep_loaded(const Kind& kind, std::string key, Value value, Stamp stamp) {
  const auto ttl = jittered(value.absent() ? kind.absent_ttl : kind.memory_ttl);
  const EntryPtr entry =
      make_entry(kind, std::move(key), std::move(value), stamp, clock_.now(), ttl);
  metrics_.of(kind).misses.increment();
  if (keep_own(kind, entry) && redis_ != nullptr) scope_.spawn(store(entry, kind.redis_ttl));
  return entry;
}

Found HybridCache::compose(const Kind& kind, std::string key, Rendering rendering,
                           std::vector<Found> parts) {
  auto entry = make_entry(kind, std::move(key), {}, stamp(), clock_.now(), kind.memory_ttl);
  entry->renderings.add(std::move(rendering));
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
  metrics_.of(kind).misses.increment();
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

Task<void> HybridCache::store_tombstone(std::string key, std::int64_t version, Position by) {
  co_await redis_->store_tombstone(key, version, by);
}

// ---- Cache

Stamp HybridCache::stamp() const { return shared_.invalidations.stamp(); }

Task<EntryPtr> HybridCache::get(Context& context, const Kind& kind, std::string key) {
  co_await catch_up(context);
  auto entry = shared_.memory.get(key);
  const auto time = now();
  if (entry && time < entry->fresh_until && is_confirmed(*entry, time)) co_return entry;
  const auto& invalidations = shared_.invalidations;
  if (redis_ == nullptr || !is_coherent(time)) co_return nullptr;
  OpenSpan span(context.spans, SpanKind::kRedis, "cache.get", time);
  entry = co_await redis_->get(kind, key);
  if (redis_->available()) span.succeeded();
  if (entry) {
    keep(kind, entry, [&](const Entry& e) { return invalidations.holds_from_redis(e); });
  }
  co_return entry;
}

Task<bool> HybridCache::set(Context& context, const Kind& kind, std::string key, Value value,
                            Stamp stamp, std::optional<milliseconds> expiry) {
  const bool absent = value.absent();
  const auto memory_ttl = expiry.value_or(absent ? kind.absent_ttl : kind.memory_ttl);
  const auto redis_ttl = expiry.value_or(absent ? kind.absent_ttl : kind.redis_ttl);
  const EntryPtr entry =
      make_entry(kind, std::move(key), std::move(value), stamp, clock_.now(), memory_ttl);
  if (!keep_own(kind, entry)) co_return false;
  if (redis_ == nullptr) co_return true;
  OpenSpan span(context.spans, SpanKind::kRedis, "cache.set");
  if (co_await redis_->store(*entry, redis_ttl, 0)) span.succeeded();
  co_return true;
}

Task<void> HybridCache::remove(Context& context, const Kind&, std::string key) {
  shared_.memory.remove(key);
  if (redis_ == nullptr) co_return;
  OpenSpan span(context.spans, SpanKind::kRedis, "cache.remove");
  co_await redis_->remove(key);
  if (redis_->available()) span.succeeded();
}

Task<std::size_t> HybridCache::remove_by_pattern(Context& context, std::string pattern) {
  auto removed = shared_.memory.remove_matching(pattern);
  if (redis_ == nullptr) co_return removed;
  OpenSpan span(context.spans, SpanKind::kRedis, "cache.remove_by_pattern");
  removed += co_await redis_->remove_by_pattern(context, pattern);
  if (redis_->available()) span.succeeded();
  co_return removed;
}

}  // namespace souk::cache
