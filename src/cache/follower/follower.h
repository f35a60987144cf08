// Keeps a node coherent: reads the change log, drops entries it names from memory, and confirms up
// to when no change can have been missed. Reads every poll_interval, and at once on NOTIFY. When
// for kAwake nobody has asked the cache and nothing has changed, it rests, and reads every kRest;
// whoever asks then wakes it (Demand).
//
// At each start it also reads the secret, without which no value in Redis is valid.
//
// After a lost connection it continues from its last position. If unread rows may have been pruned,
// or the log has a new epoch, it drops everything and starts over.
//
// Also deletes old rows of the log, and compares samples of the cache with the database.
//
// Threading: a loop and thread of its own, so that a busy worker does not make the node incoherent;
// shares SharedCache with the workers. Ownership: borrows its arguments, which outlive it; run()
// ends, after stop(), before it is destroyed.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cache/coherence/store.h"
#include "cache/hybrid/shared_cache.h"
#include "cache/metrics.h"
#include "postgres/database_clock.h"
#include "postgres/listener.h"
#include "runtime/scope.h"
#include "telemetry/log.h"

namespace souk::cache {

struct Topic {
  std::string_view name;
  // How long rows are kept for disconnected and starting nodes: values in Redis from before the
  // oldest row are not valid.
  std::chrono::milliseconds retention{3'600'000};
};

// The current version of an entry's row, 0 if it is gone; nothing for an unknown kind.
struct RowVersion {
  std::int64_t version = 0;
  // Since the start of the transaction that changed it last, by the database's clock.
  std::chrono::microseconds age{0};
};
using VersionSource = std::function<runtime::Task<std::vector<std::optional<RowVersion>>>(
    postgres::Pool&, runtime::Context&, std::vector<EntryPtr>)>;

class Follower {
 public:
  static constexpr std::chrono::seconds kPruneInterval{10};
  static constexpr std::chrono::seconds kLookTimeout{2};
  static constexpr std::chrono::seconds kAwake{1};
  static constexpr std::chrono::milliseconds kRest{500};
  static constexpr std::size_t kProbeSample = 20;
  static constexpr std::size_t kProbesRemembered = 1'000;

  struct Environment {
    FollowedClock& clock;  // follows the database's
    telemetry::Registry& registry;
    telemetry::Log& log;
  };

  // `versions` may be empty: no probing.
  Follower(runtime::Loop& loop, SharedCache& shared, std::vector<Topic> topics,
           postgres::PoolConfig database, VersionSource versions, Environment environment);
  ~Follower();

  runtime::Task<void> run();
  void stop();

 private:
  struct TopicCells {
    telemetry::Counter* noted;
    telemetry::Histogram* delay;
  };

  runtime::Task<void> look_and_rest();
  runtime::Task<void> look();
  runtime::Task<void> look_once();
  bool may_rest();
  runtime::Task<void> begin(runtime::Context& context);
  runtime::Task<void> read_secret(runtime::Context& context);
  bool must_begin(const store::Look& look) const;
  void apply(const store::Look& look);
  void begin(const std::string& topic, const store::Look& log, Position next);
  bool record(const store::LoggedChange& change);
  std::size_t apply(const store::LoggedChange& change);
  void flush(std::string_view why);

  runtime::Task<void> prune();
  runtime::Task<bool> probe();
  runtime::Task<void> compare(std::vector<EntryPtr> sample);
  runtime::Task<bool> looked_since(SteadyTime time);
  bool is_served(const Entry& entry);
  void count(bool stale);

  SharedCache& shared_;
  const std::vector<Topic> topics_;
  const VersionSource versions_;
  postgres::DatabaseClock clock_;
  telemetry::Log& log_;
  telemetry::FailureReporter looking_;
  telemetry::FailureReporter pruning_;
  telemetry::FailureReporter probing_;
  SystemRandom random_;

  postgres::Pool pool_;
  postgres::Listener listener_;
  class Waker;
  const std::shared_ptr<Waker> waker_;
  runtime::Event stopped_;
  runtime::Scope scope_;

  std::optional<std::string> snapshot_;  // of the last look; nothing before the first
  Position contained_ = 0;               // by that snapshot
  std::string history_;                  // of these positions
  SteadyTime awake_since_{};             // when something was last asked for, or had changed
  std::deque<bool> probed_;              // whether the latest probes found current values

  std::map<std::string, TopicCells, std::less<>> cells_;
  telemetry::Counter& invalidated_entries_;
  telemetry::Counter& flushes_;
  telemetry::Counter& current_;
  telemetry::Counter& stale_;
  telemetry::Histogram& staleness_;
  telemetry::Registry& registry_;
  telemetry::Gauge* ratio_ = nullptr;  // set at the first probe: no data is not 0
};

}  // namespace souk::cache
