#include "cache/coherence/store.h"

#include <array>

#include "postgres/database_state.h"
#include "postgres/duration_codec.h"

namespace souk::cache::store {
namespace {

using postgres::Statement;
using runtime::Context;
using runtime::Task;
using Kind = postgres::Statement::Kind;

// The age in microseconds.
#define SOUK_CHANGE_COLUMNS                                                      \
  "topic, CASE WHEN item.id IS NULL THEN tag ELSE topic || ':' || item.id END, " \
  "coalesce(item.version, rows.version, 0), xid::text::bigint, "                 \
  "greatest(0, (1e6 * extract(epoch FROM clock_timestamp() - changed_at))::bigint)"
// A row may stand for many: then it has their ids and versions.
#define SOUK_CHANGES_OF(log)                  \
  "SELECT " SOUK_CHANGE_COLUMNS " FROM (" log \
  ") rows "                                   \
  "LEFT JOIN LATERAL unnest(ids, versions) item(id, version) ON true"

// One snapshot for everything: the rows, the state of the topics, and the contained position. A row
// of its own precedes the changes, which may be none; MATERIALIZED, or it would be computed for
// each change.
#define SOUK_NEXT "pg_snapshot_xmax(pg_current_snapshot())"
#define SOUK_LOOK_AT(unseen) \
  "WITH one AS MATERIALIZED (SELECT pg_current_snapshot()::text, "                         \
  "pg_snapshot_xmin(pg_current_snapshot())::text::bigint, " SOUK_NEXT                      \
  "::text::bigint, " SOUK_HISTORY_OF("change_log_topics")                                                          \
  ", "                                                                                     \
  "(SELECT array_agg(topic ORDER BY topic) FROM change_log_topics), "                      \
  "(SELECT array_agg(epoch ORDER BY topic) FROM change_log_topics), "                      \
  "(SELECT array_agg(pruned_below::text::bigint ORDER BY topic) FROM change_log_topics), " \
  "clock_timestamp()) "                                                                    \
  "SELECT one.*, unseen.* FROM one LEFT JOIN ("                                            \
  SOUK_CHANGES_OF(unseen) " LIMIT 50001) unseen ON true"
static_assert(kMaxRows == 50'000, "the statements say so too");

// Rows that were not visible in that snapshot and are now: of transactions that had not begun, or
// were open. Nothing is read twice, however long a transaction stays open.
constexpr Statement kLook{
    .name = "cache.look",
    .sql = SOUK_LOOK_AT(
        "SELECT * FROM change_log WHERE xid >= pg_snapshot_xmax($1::text::pg_snapshot) "
        "UNION ALL SELECT log.* FROM pg_snapshot_xip($1::text::pg_snapshot) AS was_open (xid) "
        "JOIN change_log log USING (xid)"),
    .kind = Kind::kPoint,
    .index = "change_log_xid"};

constexpr Statement kHistory{.name = "cache.history",
                             .sql = SOUK_LOOK_AT("SELECT * FROM change_log WHERE topic = $1"),
                             .kind = Kind::kScan};

// Rows with transaction ids in the future were restored from another cluster.
constexpr Statement kBeginTopics{
    .name = "cache.begin_topics",
    .sql =
        "WITH foreign_rows AS (DELETE FROM change_log WHERE xid >= " SOUK_NEXT
        "), foreign_topics AS (UPDATE change_log_topics SET epoch = gen_random_uuid(), "
        "pruned_below = pg_snapshot_xmin(pg_current_snapshot()) "
        "WHERE pruned_below > " SOUK_NEXT
        ") INSERT INTO change_log_topics (topic) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING",
    .kind = Kind::kWrite};

// Concurrent pruning waits for the topic's row and then finds nothing left.
constexpr Statement kPrune{
    .name = "cache.prune",
    .sql =
        "WITH topic AS (SELECT topic FROM change_log_topics WHERE topic = $1 FOR UPDATE), "
        "gone AS (DELETE FROM change_log log USING topic WHERE log.topic = topic.topic "
        "AND log.changed_at < clock_timestamp() - $2 * interval '1 ms' AND log.xid < "
        "pg_snapshot_xmin(pg_current_snapshot()) "
        "RETURNING log.xid) "
        "UPDATE change_log_topics t SET pruned_below = greatest(pruned_below::text::bigint, "
        "(SELECT max(xid::text::bigint) FROM gone) + 1)::text::xid8 "
        "WHERE t.topic = $1 AND EXISTS (SELECT FROM gone)",
    .kind = Kind::kWrite,
    .index = "change_log_changed_at"};

constexpr Statement kAnnounce{
    .name = "cache.announce",
    .sql =
        "WITH logged AS (INSERT INTO change_log (topic, tag) SELECT unnest($1::text[]), $2), "
        "told AS (SELECT pg_notify($3, '')) "
        "SELECT pg_current_xact_id()::text::bigint FROM told",
    .kind = Kind::kWrite};

constexpr Statement kOwnChanges{
    .name = "cache.own_changes",
    .sql = SOUK_CHANGES_OF("SELECT * FROM change_log WHERE xid = pg_current_xact_id() "
                           "AND topic = $1"),
    .kind = Kind::kWrite,
    .index = "change_log_xid"};

constexpr Statement kSecret{
    .name = "cache.secret", .sql = "SELECT secret FROM cache_secret", .kind = Kind::kPoint};

constexpr std::array kStatements = {&kSecret, &kLook,     &kHistory,   &kBeginTopics,
                                    &kPrune,  &kAnnounce, &kOwnChanges};

constexpr auto kChangeRow =
    postgres::row_of(&LoggedChange::topic, &LoggedChange::tag, &LoggedChange::version,
                     &LoggedChange::by, &LoggedChange::age);

constexpr std::size_t kFirstChangeColumn = 8;

std::vector<TopicState> read_topics(const postgres::Row& row) {
  std::vector<TopicState> topics;
  if (row.is_null(4)) return topics;
  const auto names = row.get<std::vector<std::string>>(4);
  const auto epochs = row.get<std::vector<Uuid>>(5);
  const auto pruned = row.get<std::vector<std::int64_t>>(6);
  for (std::size_t i = 0; i < names.size(); ++i) {
    topics.push_back({names[i], epochs.at(i), static_cast<Position>(pruned.at(i))});
  }
  return topics;
}

Look read_look(const postgres::Rows& rows) {
  Look look;
  const auto first = rows[0];
  look.snapshot = first.get<std::string>(0);
  look.contained = static_cast<Position>(first.get<std::int64_t>(1));
  look.next = static_cast<Position>(first.get<std::int64_t>(2));
  look.history = first.get<std::string>(3);
  look.topics = read_topics(first);
  look.at = first.get<Timestamp>(7);
  look.complete = rows.size() <= kMaxRows;
  if (first.is_null(kFirstChangeColumn)) return look;
  look.changes.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    look.changes.push_back(kChangeRow(rows[i], kFirstChangeColumn));
  }
  return look;
}

}  // namespace

std::span<const Statement* const> statements() { return kStatements; }

Task<redis::Secret> secret(postgres::Pool& pool, Context& context) {
  co_return (co_await pool.query(context, kSecret)).one<redis::Secret>();
}

Task<Look> look(postgres::Pool& pool, Context& context, const std::optional<std::string>& since) {
  co_return read_look(co_await pool.query(context, kLook, since));
}

Task<Look> history(postgres::Pool& pool, Context& context, std::string_view topic) {
  co_return read_look(co_await pool.query(context, kHistory, topic));
}

Task<void> begin_topics(postgres::Pool& pool, Context& context,
                        const std::vector<std::string>& topics) {
  co_await pool.query(context, kBeginTopics, topics);
}

Task<void> prune(postgres::Pool& pool, Context& context, std::string_view topic,
                 std::chrono::milliseconds retention) {
  co_await pool.query(context, kPrune, topic, std::int64_t{retention.count()});
}

Task<Position> announce(postgres::Pool& pool, Context& context,
                        const std::vector<std::string>& topics, const std::string& tag) {
  co_return (co_await pool.query(context, kAnnounce, topics, tag, kChannel)).one<std::int64_t>();
}

postgres::Call own_changes(std::string_view topic) { return postgres::call(kOwnChanges, topic); }

std::vector<LoggedChange> read_own_changes(const postgres::Rows& rows) {
  return rows.as(kChangeRow);
}

}  // namespace souk::cache::store
