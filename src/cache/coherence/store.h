// All SQL of the cache: the change log, whose tables and triggers are in
// migrations/0006_change_log.sql, and the nodes' secret.
// Threading and ownership: free functions; they borrow their arguments while they run.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/uuid.h"
#include "cache/entry.h"
#include "postgres/pool.h"
#include "postgres/statement.h"
#include "redis/secret.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::cache::store {

std::span<const postgres::Statement* const> statements();

// The NOTIFY channel on which writers of the catalogue announce new rows.
inline constexpr std::string_view kChannel = "souk_changes";
// A tag for everything of its topic.
inline constexpr std::string_view kEverything = "*";
// A topic whose tags are patterns of keys: for operators' drops on all nodes.
inline constexpr std::string_view kPatternTopic = "pattern";
// The most rows of one look; above it everything is dropped instead.
inline constexpr std::size_t kMaxRows = 50'000;

struct LoggedChange {
  std::string topic;
  std::string tag;
  std::int64_t version = 0;  // 0: of no single row
  Position by = 0;
  std::chrono::microseconds age{0};  // by the database's clock
};

struct TopicState {
  std::string topic;
  Uuid epoch;
  Position pruned_below = 0;
};

// The log as seen by one statement.
struct Look {
  std::string snapshot;    // argument of the next look
  Position contained = 0;  // every transaction below has ended (pg_snapshot_xmin)
  Position next = 0;       // none from here on has (pg_snapshot_xmax)
  // Identifies server run, database and log: positions are comparable within it only.
  std::string history;
  std::vector<TopicState> topics;
  std::vector<LoggedChange> changes;  // in no particular order
  bool complete = true;               // false: there were more than kMaxRows
  Timestamp at;                       // by the database's clock
};

// The secret by which nodes authenticate values in Redis.
runtime::Task<redis::Secret> secret(postgres::Pool& pool, runtime::Context& context);

// The rows that became visible since the snapshot; none without a snapshot.
runtime::Task<Look> look(postgres::Pool& pool, runtime::Context& context,
                         const std::optional<std::string>& since);
// All existing rows of a topic.
runtime::Task<Look> history(postgres::Pool& pool, runtime::Context& context,
                            std::string_view topic);

// Creates missing rows of topics. Rows restored from another cluster, with transaction ids in the
// future, are deleted; their topics start a new epoch.
runtime::Task<void> begin_topics(postgres::Pool& pool, runtime::Context& context,
                                 const std::vector<std::string>& topics);
// Deletes rows older than `retention` whose transactions have ended for every snapshot.
runtime::Task<void> prune(postgres::Pool& pool, runtime::Context& context, std::string_view topic,
                          std::chrono::milliseconds retention);

// Makes every node drop a tag of these topics, or a pattern of keys (kPatternTopic). Returns its
// transaction.
runtime::Task<Position> announce(postgres::Pool& pool, runtime::Context& context,
                                 const std::vector<std::string>& topics, const std::string& tag);

// For a writing transaction: the changes of a topic that its triggers have logged so far.
postgres::Call own_changes(std::string_view topic);
std::vector<LoggedChange> read_own_changes(const postgres::Rows& rows);

}  // namespace souk::cache::store
