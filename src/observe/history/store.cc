#include "observe/history/store.h"

#include <array>

namespace souk::observe::store {
namespace {

using postgres::Pool;
using postgres::Statement;
using runtime::Context;
using runtime::Task;
using Kind = Statement::Kind;

constexpr Statement kReport{
    .name = "observe.report",
    .sql =
        "INSERT INTO node_reports (node, name, version, started_at, reported_at, rows) "
        "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (node) DO UPDATE "
        "SET reported_at = excluded.reported_at, rows = excluded.rows",
    .kind = Kind::kWrite};

constexpr Statement kReports{
    .name = "observe.reports",
    .sql =
        "SELECT node, name, version, started_at, rows FROM node_reports WHERE reported_at > $1 "
        "ORDER BY reported_at DESC LIMIT 64",
    .kind = Kind::kScan};
static_assert(kMaxNodes == 64, "the statement above has this limit");

constexpr Statement kAddStart{.name = "observe.add_start",
                              .sql =
                                  "INSERT INTO node_starts (node, name, version, started_at) "
                                  "VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
                              .kind = Kind::kWrite};

constexpr Statement kStarts{.name = "observe.starts",
                            .sql =
                                "SELECT node, name, version, started_at FROM node_starts "
                                "ORDER BY started_at DESC LIMIT 100",
                            .kind = Kind::kScan};
static_assert(kMaxMarks == 100, "the statement above has this limit");

constexpr Statement kKeep{.name = "observe.keep",
                          .sql =
                              "INSERT INTO history (step, begins, weight, rows) "
                              "VALUES ($1, $2, $3, $4) ON CONFLICT (step, begins) DO UPDATE "
                              "SET weight = excluded.weight, rows = excluded.rows "
                              "WHERE history.weight < excluded.weight",
                          .kind = Kind::kWrite};

constexpr Statement kKept{.name = "observe.kept",
                          .sql =
                              "SELECT begins, weight, rows FROM history "
                              "WHERE step = $1 AND begins >= $2 ORDER BY begins LIMIT $3",
                          .kind = Kind::kScan};

constexpr Statement kForget{.name = "observe.forget",
                            .sql =
                                "WITH reports AS (DELETE FROM node_reports WHERE reported_at < $1),"
                                " starts AS (DELETE FROM node_starts WHERE started_at < $2) "
                                "DELETE FROM history WHERE step = 1 AND begins < $1 "
                                "OR step = 60 AND begins < $2",
                            .kind = Kind::kWrite};

constexpr std::array kStatements = {&kReport, &kReports, &kAddStart, &kStarts,
                                    &kKeep,   &kKept,    &kForget};

constexpr auto kStartRow = postgres::row_of(&NodeStart::node, &NodeStart::name, &NodeStart::version,
                                            &NodeStart::started_at);
constexpr auto kReportRow =
    postgres::row_of(postgres::at(&StoredReport::start, kStartRow), &StoredReport::rows);
constexpr auto kKeptRow =
    postgres::row_of(&StoredRows::begins, &StoredRows::weight, &StoredRows::rows);

}  // namespace

std::span<const Statement* const> statements() { return kStatements; }

Task<void> report(Pool& pool, Context& context, const StoredReport& report, Timestamp now) {
  const auto& start = report.start;
  co_await pool.query(context, kReport, start.node, start.name, start.version, start.started_at,
                      now, report.rows);
}

Task<std::vector<StoredReport>> reports(Pool& pool, Context& context, Timestamp after) {
  co_return (co_await pool.query(context, kReports, after)).as(kReportRow);
}

Task<void> add_start(Pool& pool, Context& context, const NodeStart& start) {
  co_await pool.query(context, kAddStart, start.node, start.name, start.version, start.started_at);
}

Task<std::vector<NodeStart>> starts(Pool& pool, Context& context) {
  co_return (co_await pool.query(context, kStarts)).as(kStartRow);
}

Task<void> keep(Pool& pool, Context& context, int step, const StoredRows& rows) {
  co_await pool.query(context, kKeep, step, rows.begins, rows.weight, rows.rows);
}

Task<std::vector<StoredRows>> kept(Pool& pool, Context& context, int step, Timestamp from,
                                   std::int64_t limit) {
  co_return (co_await pool.query(context, kKept, step, from, limit)).as(kKeptRow);
}

Task<void> forget(Pool& pool, Context& context, Timestamp seconds_before,
                  Timestamp minutes_before) {
  co_await pool.query(context, kForget, seconds_before, minutes_before);
}

}  // namespace souk::observe::store
