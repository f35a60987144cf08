// Keeps a node coherent: reads the change log, drops from memory what it names, and says up to when
// nothing can have been missed. Reads it every poll_interval, and at once when somebody notifies.
//
// Reads too, whenever it begins, the secret without which nothing in Redis is believed.
//
// A node that was cut off reads on where it stopped. Where rows that it has not read may have been
// pruned, or the log begins a new epoch, it drops everything and begins anew.
//
// Also deletes rows of the log that nobody needs any more, and compares samples of what is cached
// with the database.
//
// Threading: on a loop and thread of its own, so that a busy worker does not make the node
// incoherent; meets the workers in SharedCache. Ownership: borrows all it is made with, which
// outlives it; run() ends, after stop(), before it is destroyed.
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
  // How long rows are kept for nodes that are cut off, and for those that start: what Redis holds
  // from before the oldest row is not believed.
  std::chrono::milliseconds retention{3'600'000};
};

// The current versions of the rows behind entries, 0 for a row that is not there; nothing for an
// entry whose kind it does not know.
struct RowVersion {
  std::int64_t version = 0;
  // Since the transaction began that changed it last, by the database's clock.
  std::chrono::microseconds age{0};
};
using VersionSource = std::function<runtime::Task<std::vector<std::optional<RowVersion>>>(
    postgres::Pool&, runtime::Context&, std::vector<EntryPtr>)>;

class Follower {
 public:
  static constexpr std::chrono::seconds kPruneInterval{10};
  static constexpr std::chrono::seconds kLookTimeout{2};
  static constexpr std::size_t kProbeSample = 20;
  static constexpr std::size_t kProbesRemembered = 1'000;

  struct Environment {
    FollowedClock& clock;  // is told of the database's
    telemetry::Registry& registry;
    telemetry::Log& log;
  };

  // `versions` may be empty: then nothing is probed.
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

  runtime::Task<void> follow();
  runtime::Task<void> look_once();
  runtime::Task<void> begin(runtime::Context& context);
  runtime::Task<void> read_secret(runtime::Context& context);
  bool must_begin(const store::Look& look) const;
  void apply(const store::Look& look);
  void begin(const std::string& topic, const store::Look& log, Position next);
  std::size_t apply(const store::LoggedChange& change);
  void flush(std::string_view why);

  runtime::Task<void> prune();
  runtime::Task<void> probe();
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
  runtime::Event stopped_;
  runtime::Scope scope_;

  std::optional<std::string> snapshot_;  // of the last look; nothing before the first
  Position contained_ = 0;               // by it
  std::string history_;                  // in which these numbers mean something
  std::deque<bool> probed_;              // whether the latest were current

  std::map<std::string, TopicCells, std::less<>> cells_;
  telemetry::Counter& invalidated_entries_;
  telemetry::Counter& flushes_;
  telemetry::Counter& current_;
  telemetry::Counter& stale_;
  telemetry::Histogram& staleness_;
  telemetry::Registry& registry_;
  telemetry::Gauge* ratio_ = nullptr;  // from the first probe on: no data is not 0
};

}  // namespace souk::cache
