// All SQL of the reports; read-only. It joins the tables of orders and catalogue, as bulk reads
// need.
// Threading and ownership: free functions; calls are for a transaction with one snapshot.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string_view>

#include "postgres/pool.h"
#include "postgres/rows.h"
#include "postgres/statement.h"
#include "postgres/transaction.h"
#include "reports/types.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::reports::store {

// Rows of a piece of an export.
inline constexpr std::size_t kRowsPerPiece = 2'000;

// The statements whose plans are tested; an export may read whole tables.
std::span<const postgres::Statement* const> statements();

// Allows the transaction to be idle for this long between two pieces: a slow reader is not a
// forgotten transaction.
postgres::Call prepare_export(std::chrono::milliseconds patience);
// Opens the cursor over the orders of a span, by id: a row for each item, by line number, and one
// without an item for an order that has none. REQUIRES: prepared.
postgres::Call open_export(const Span& span);
// The next rows of the cursor; none at its end.
postgres::Transaction::Ahead next_piece(postgres::Transaction& transaction);
// Reads the order of the row, without items.
void begin_order(const postgres::Row& row, ExportedOrder& order);
// Adds the row's item; false, with nothing added, when the row is of another order.
bool add_item(const postgres::Row& row, ExportedOrder& order);

// The instants of a range, or nothing for an unknown time zone.
runtime::Task<std::optional<Span>> resolve(postgres::Pool& pool, runtime::Context& context,
                                           const ReportRange& range);

// The groups of a report. REQUIRES: a span of whole days, UTC.
runtime::Task<std::vector<VisitReport::Group>> visits(postgres::Pool& pool,
                                                      runtime::Context& context, const Span& span);

postgres::Call totals(const Span& span, std::string_view timezone);
postgres::Call top_products(const Span& span);
// Each a row for each day on which something was counted.
postgres::Call sessions_by_day(const Span& span, std::string_view timezone);
postgres::Call holds_by_day(const Span& span, std::string_view timezone);
postgres::Call orders_by_day(const Span& span, std::string_view timezone);
// The days of the three.
std::vector<ConversionReport::Day> conversion_days(const postgres::Rows& sessions,
                                                   const postgres::Rows& holds,
                                                   const postgres::Rows& orders);

// Fill in the results of the two calls.
void read_totals(const postgres::Rows& rows, OrderReport& report);
void read_top_products(const postgres::Rows& rows, OrderReport& report);

}  // namespace souk::reports::store
