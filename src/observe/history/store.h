// All SQL of the history.
// Threading and ownership: free functions; they borrow their arguments while they run. All throw
// Unavailable.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/uuid.h"
#include "observe/history/rows.h"
#include "postgres/pool.h"
#include "postgres/statement.h"

namespace souk::observe {

struct NodeStart {
  Uuid node;         // of one process
  std::string name;  // "host:port"
  std::string version;
  Timestamp started_at;
};

struct StoredReport {
  NodeStart start;
  std::vector<std::uint8_t> rows;
};

struct StoredRows {
  Timestamp begins;
  int weight = 0;
  std::vector<std::uint8_t> rows;
};

}  // namespace souk::observe

namespace souk::observe::store {

inline constexpr std::size_t kMaxNodes = 64;
inline constexpr std::size_t kMaxMarks = 100;

std::span<const postgres::Statement* const> statements();

runtime::Task<void> report(postgres::Pool& pool, runtime::Context& context,
                           const StoredReport& report, Timestamp now);
// Of nodes that reported after `after`, at most kMaxNodes.
runtime::Task<std::vector<StoredReport>> reports(postgres::Pool& pool, runtime::Context& context,
                                                 Timestamp after);
runtime::Task<void> add_start(postgres::Pool& pool, runtime::Context& context,
                              const NodeStart& start);
// The newest first, at most kMaxMarks.
runtime::Task<std::vector<NodeStart>> starts(postgres::Pool& pool, runtime::Context& context);

// Keeps what has the greater weight, when another node has stored that time already.
runtime::Task<void> keep(postgres::Pool& pool, runtime::Context& context, int step,
                         const StoredRows& rows);
// In order, from `from` on, at most `limit`.
runtime::Task<std::vector<StoredRows>> kept(postgres::Pool& pool, runtime::Context& context,
                                            int step, Timestamp from, std::int64_t limit);
// Deletes what no dashboard shows any more.
runtime::Task<void> forget(postgres::Pool& pool, runtime::Context& context,
                           Timestamp seconds_before, Timestamp minutes_before);

}  // namespace souk::observe::store
