#include "cache/follower/follower.h"

#include <algorithm>
#include <functional>

#include "runtime/repeat.h"

namespace souk::cache {
namespace {

using runtime::Context;
using runtime::Task;
using std::chrono::milliseconds;

constexpr std::string_view kApplication = "souk cache";
// Pause after a failure, so that a restarted server is not flooded.
constexpr milliseconds kPauseAfterFailure{50};

postgres::PoolConfig own_pool(postgres::PoolConfig config) {
  config.application_name = kApplication;
  // With unknown bounds the planner estimates a third of the log and would scan it all.
  config.session.push_back({"enable_seqscan", "'off'"});
  config.session.push_back({"enable_bitmapscan", "'off'"});
  config.min_connections = 1;
  config.max_connections = 2;
  config.worker = 0;
  config.workers = 1;
  return config;
}

auto now() { return std::chrono::steady_clock::now(); }

// Transaction ids and rows of the log are comparable within one history.
std::string history_of(const store::Look& look) {
  auto history = look.history;
  for (const auto& topic : look.topics) history += topic.epoch.to_string();
  return history;
}

}  // namespace

// Ends a rest, from any thread. Outlives the follower while somebody may still call it.
class Follower::Waker {
 public:
  Waker(runtime::Loop& loop, runtime::Event& wake) : loop_(loop), wake_(&wake) {}
  static std::function<void()> of(const std::shared_ptr<Waker>& waker) {
    return [waker] {
      waker->loop_.post([waker] {
        if (waker->wake_ != nullptr) waker->wake_->set();
      });
    };
  }
  // On the loop only.
  void close() { wake_ = nullptr; }

 private:
  runtime::Loop& loop_;
  runtime::Event* wake_;  // used on the loop only
};

Follower::Follower(runtime::Loop& loop, SharedCache& shared, std::vector<Topic> topics,
                   postgres::PoolConfig database, VersionSource versions, Environment environment)
    : shared_(shared),
      topics_(std::move(topics)),
      versions_(std::move(versions)),
      clock_(environment.clock, environment.registry.cell(kMetrics.clock_leaps), environment.log),
      log_(environment.log),
      looking_(log_, environment.registry.cell(kMetrics.exchange_failures, {"look"}),
               exchange_events("look")),
      pruning_(log_, environment.registry.cell(kMetrics.exchange_failures, {"prune"}),
               exchange_events("prune")),
      probing_(log_, environment.registry.cell(kMetrics.exchange_failures, {"probe"}),
               exchange_events("probe")),
      pool_(loop, environment.registry, own_pool(database)),
      listener_(loop, own_pool(std::move(database)), std::string(store::kChannel),
                environment.registry),
      waker_(std::make_shared<Waker>(loop, listener_.notified())),
      stopped_(loop),
      scope_(loop),
      invalidated_entries_(environment.registry.cell(kMetrics.invalidated_entries)),
      flushes_(environment.registry.cell(kMetrics.flushes)),
      current_(environment.registry.cell(kMetrics.probes, {"current"})),
      stale_(environment.registry.cell(kMetrics.probes, {"stale"})),
      staleness_(environment.registry.cell(kMetrics.staleness)),
      registry_(environment.registry) {
  for (const auto& topic : topics_) {
    cells_[std::string(topic.name)] = {
        &environment.registry.cell(kMetrics.invalidations, {topic.name, "log"}),
        &environment.registry.cell(kMetrics.invalidation_delay, {topic.name})};
  }
}

Follower::~Follower() = default;

Task<void> Follower::run() {
  shared_.demand.begin(Waker::of(waker_));
  scope_.spawn(listener_.run());
  scope_.spawn(runtime::repeat(stopped_,
                               {.interval = shared_.config.poll_interval,
                                .after_failure = kPauseAfterFailure,
                                .at_once = true,
                                .wake = &listener_.notified()},
                               looking_, [this] { return look_and_rest(); }));
  scope_.spawn(runtime::repeat(stopped_, {.interval = kPruneInterval}, pruning_,
                               [this] { return prune(); }));
  if (versions_ && shared_.config.probe_interval.count() > 0) {
    scope_.spawn(runtime::repeat(stopped_, {.interval = shared_.config.probe_interval}, probing_,
                                 [this] { return probe(); }));
  }
  try {
    co_await pool_.start();
  } catch (const Unavailable& error) {  // looks fail until it is reachable
    looking_.failed(error);
  }
  co_await stopped_.wait();
  shared_.demand.end();
  waker_->close();
  listener_.stop();
  co_await pool_.close();
  co_await scope_.join();
}

void Follower::stop() {
  stopped_.set();
  listener_.notified().set();
}

Task<void> Follower::look_and_rest() {
  co_await look();
  if (!may_rest()) co_return;
  looking_.succeeded();
  co_await listener_.notified().wait(kRest);
}

// While a node rests nobody was served, so nobody can have seen a stale value.
bool Follower::may_rest() {
  const auto time = now();
  if (shared_.demand.take()) awake_since_ = time;
  return time - awake_since_ >= kAwake && shared_.config.poll_interval < kRest &&
         shared_.demand.rest();
}

Task<void> Follower::look() {
  try {
    co_await look_once();
  } catch (...) {  // requests must not wait for the next
    shared_.demand.looked();
    throw;
  }
  shared_.demand.looked();
}

Task<void> Follower::look_once() {
  Context context{.deadline = now() + kLookTimeout};
  if (!snapshot_) co_return co_await begin(context);
  const auto asked = now();
  const auto look = co_await store::look(pool_, context, snapshot_);
  clock_.observe(asked, look.at);
  if (must_begin(look)) {
    flush("the change log was lost, pruned or too long, or is of another database");
    co_return co_await begin(context);
  }
  apply(look);
  snapshot_ = look.snapshot;
  contained_ = look.contained;
  shared_.invalidations.confirm(look.contained, asked);
  if (!look.changes.empty()) awake_since_ = asked;
}

// Unread rows may be gone when a transaction missing from the last look is below the pruned
// position. A row with a transaction id in the future is of another cluster.
bool Follower::must_begin(const store::Look& look) const {
  const bool pruned = std::ranges::any_of(
      look.topics, [this](const auto& topic) { return topic.pruned_below > contained_; });
  const bool foreign = std::ranges::any_of(
      look.changes, [&look](const auto& change) { return change.by >= look.next; });
  return history_of(look) != history_ || pruned || foreign || !look.complete;
}

Task<void> Follower::begin(Context& context) {
  std::vector<std::string> names;
  for (const auto& topic : topics_) names.emplace_back(topic.name);
  names.emplace_back(store::kPatternTopic);
  std::ranges::sort(names);
  co_await store::begin_topics(pool_, context, names);
  co_await read_secret(context);

  const auto asked = now();
  const auto look = co_await store::look(pool_, context, std::nullopt);
  clock_.observe(asked, look.at);
  auto history = history_of(look);
  std::vector<store::Look> logs;
  for (const auto& name : names) {
    logs.push_back(co_await store::history(pool_, context, name));
    if (history_of(logs.back()) != history) throw Unavailable("the change log was reset");
  }

  // Applied at once, so that an aborted start changes nothing. Loads running until here belong to
  // the previous history: they are not valid, but may be served as stale until reloaded, since the
  // database may still be unreachable for others; except those that the log says have changed.
  // Loads from here on contain the log.
  shared_.invalidations.start_over(hash_of_tag(history));
  if (history == history_) shared_.memory.clear();
  for (std::size_t i = 0; i < names.size(); ++i) begin(names[i], logs[i], look.next);
  snapshot_ = look.snapshot;
  contained_ = look.contained;
  history_ = std::move(history);
  shared_.invalidations.confirm(look.contained, asked);
}

// If the database has none, or this role may not read it, the node works without Redis.
Task<void> Follower::read_secret(Context& context) {
  std::optional<redis::Secret> secret;
  std::string failure;
  try {
    secret = co_await store::secret(pool_, context);
  } catch (const postgres::StatementError& error) {
    failure = error.what();
  } catch (const postgres::RowMismatch& error) {
    failure = error.what();
  }
  if (!secret) log_.error("cache_key_unknown", {{"reason", std::string_view(failure)}});
  shared_.redis_secret.set(secret);
}

void Follower::begin(const std::string& topic, const store::Look& log, Position next) {
  const auto state = std::ranges::find(log.topics, topic, &store::TopicState::topic);
  const bool known = log.complete && state != log.topics.end();
  std::size_t removed = 0;
  // Of an earlier history, entries stay as stand-ins: the log of a restarted database has changes
  // that they contain already, and which ones cannot be told.
  const bool has_stand_ins = !history_.empty();
  for (const auto& change : log.changes) {
    if (!known) break;
    if (has_stand_ins) {
      record(change);
    } else {
      removed += apply(change);
    }
  }
  invalidated_entries_.add(static_cast<double>(removed));
  if (topic == store::kPatternTopic) return;
  shared_.invalidations.set_floor(topic, known ? state->pruned_below : next);
}

void Follower::apply(const store::Look& look) {
  std::size_t removed = 0;
  for (const auto& change : look.changes) {
    removed += apply(change);
    const auto cells = cells_.find(change.topic);
    if (cells == cells_.end()) continue;
    cells->second.noted->increment();
    cells->second.delay->observe(change.age);
  }
  invalidated_entries_.add(static_cast<double>(removed));
}

// False: it is recorded already, or concerns no entry of this version of Souk.
bool Follower::record(const store::LoggedChange& change) {
  if (!cells_.contains(change.topic)) return false;
  if (change.tag == store::kEverything) {
    shared_.invalidations.record_all(change.topic, change.by);
    return true;
  }
  return shared_.invalidations.record(change.topic, hash_of_tag(change.tag), change.version,
                                      change.by);
}

std::size_t Follower::apply(const store::LoggedChange& change) {
  if (change.topic == store::kPatternTopic) return shared_.memory.remove_matching(change.tag);
  if (!record(change)) return 0;
  if (change.tag != store::kEverything) {
    return shared_.memory.remove_tag(change.tag, change.version);
  }
  flushes_.increment();
  return shared_.memory.clear();
}

void Follower::flush(std::string_view why) {
  log_.warning("cache_flushed", {{"reason", why}});
  flushes_.increment();
  snapshot_.reset();
}

// ---- pruning

Task<void> Follower::prune() {
  Context context{.deadline = now() + kPruneInterval};
  for (const auto& topic : topics_) {
    co_await store::prune(pool_, context, topic.name, topic.retention);
  }
  co_await store::prune(pool_, context, store::kPatternTopic, topics_.front().retention);
}

// ---- probing

// False: there is nothing to compare.
Task<bool> Follower::probe() {
  auto sample = shared_.memory.sample(random_, kProbeSample);
  std::erase_if(sample, [this](const auto& entry) {
    return (entry->version == 0 && !entry->absent()) || now() >= entry->fresh_until ||
           entry->epoch != shared_.invalidations.epoch();
  });
  if (sample.empty()) co_return false;
  co_await compare(std::move(sample));
  co_return true;
}

// A change committed just now may be read here before the follower has seen it. An entry is stale
// only if it is still served after a look requested later, which has seen everything read here.
// Uses only the monotonic clock.
Task<void> Follower::compare(std::vector<EntryPtr> sample) {
  const auto differs = [](const EntryPtr& entry, const std::optional<RowVersion>& row) {
    return row && (entry->absent() ? row->version > 0 : row->version != entry->version);
  };
  Context context{.deadline = now() + kLookTimeout};
  const auto rows = co_await versions_(pool_, context, sample);
  const auto read_at = now();
  const bool doubts = !std::ranges::equal(sample, rows, std::not_fn(differs));
  if (doubts && !co_await looked_since(read_at)) co_return;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i]) continue;
    const auto& entry = *sample[i];
    const bool stale = differs(sample[i], rows[i]) && is_served(entry);
    if (stale) {
      staleness_.observe(rows[i]->age + (now() - read_at));
      log_.error("cache_is_stale", {{"key", std::string_view(entry.key)},
                                    {"cached", entry.version},
                                    {"current", rows[i]->version}});
    }
    count(stale);
  }
}

// False when none comes in time: the node is disconnected, and serves nothing as fresh.
Task<bool> Follower::looked_since(SteadyTime time) {
  listener_.notified().set();  // it may rest
  while (shared_.invalidations.confirmed_at() < time) {
    if (now() - time > kLookTimeout) co_return false;
    if (co_await stopped_.wait(shared_.config.poll_interval)) co_return false;
  }
  co_return true;
}

bool Follower::is_served(const Entry& entry) {
  const auto kept = shared_.memory.get(entry.key);
  return kept != nullptr && kept->version == entry.version && kept->absent() == entry.absent() &&
         kept->epoch == shared_.invalidations.epoch() && now() < kept->fresh_until;
}

void Follower::count(bool stale) {
  (stale ? stale_ : current_).increment();
  probed_.push_back(!stale);
  if (probed_.size() > kProbesRemembered) probed_.pop_front();
  if (ratio_ == nullptr) ratio_ = &registry_.cell(kMetrics.consistency_ratio);
  ratio_->set(static_cast<double>(std::ranges::count(probed_, true)) /
              static_cast<double>(probed_.size()));
}

}  // namespace souk::cache
