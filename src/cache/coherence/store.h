// All SQL of the cache: of the change log, whose tables and triggers are in
// migrations/0006_change_log.sql, and of the nodes' secret.
// Threading and ownership: free functions; they borrow what they are given for as long as they run.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/uuid.h"
#include "cache/entry.h"
#include "cache/secret.h"
#include "postgres/pool.h"
#include "postgres/statement.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::cache::store {

std::span<const postgres::Statement* const> statements();

// The NOTIFY channel on which writers of the catalogue hint that there is something to read.
inline constexpr std::string_view kChannel = "souk_changes";
// A tag that is everything of its topic.
inline constexpr std::string_view kEverything = "*";
// A topic whose tags are patterns of keys: what an operator drops on all nodes.
inline constexpr std::string_view kPatternTopic = "pattern";
// One look reads so many rows; where there are more, everything is dropped instead.
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

// The log as one statement saw it.
struct Look {
  std::string snapshot;    // to be given to the next look
  Position contained = 0;  // every transaction below has ended (pg_snapshot_xmin)
  Position next = 0;       // none from here on had (pg_snapshot_xmax)
  // This run of the server, this database and this log: positions are compared within one only.
  std::string history;
  std::vector<TopicState> topics;
  std::vector<LoggedChange> changes;  // in no particular order
  bool complete = true;               // false: there were more than kMaxRows
  Timestamp at;                       // by the database's clock
};

// By which the nodes of the shop know each other's values in Redis.
runtime::Task<Secret> secret(postgres::Pool& pool, runtime::Context& context);

// What became visible since the snapshot; nothing where there is none to compare with.
runtime::Task<Look> look(postgres::Pool& pool, runtime::Context& context,
                         const std::optional<std::string>& since);
// All rows of a topic that are there.
runtime::Task<Look> history(postgres::Pool& pool, runtime::Context& context,
                            std::string_view topic);

// Makes the rows of topics that have none. What a restore brought from another cluster and names
// transactions that are still to come here is dropped; its topics begin a new epoch.
runtime::Task<void> begin_topics(postgres::Pool& pool, runtime::Context& context,
                                 const std::vector<std::string>& topics);
// Deletes what is older than `retention`, of transactions that everybody can see have ended.
runtime::Task<void> prune(postgres::Pool& pool, runtime::Context& context, std::string_view topic,
                          std::chrono::milliseconds retention);

// Has every node drop a tag of these topics, or a pattern of keys (kPatternTopic). The transaction
// that said so.
runtime::Task<Position> announce(postgres::Pool& pool, runtime::Context& context,
                                 const std::vector<std::string>& topics, const std::string& tag);

// For a transaction that writes: what its triggers have logged of a topic so far.
postgres::Call own_changes(std::string_view topic);
std::vector<LoggedChange> read_own_changes(const postgres::Rows& rows);

}  // namespace souk::cache::store
