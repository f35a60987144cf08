// All SQL of the reports. It joins the tables of orders and catalogue, as what is asked of all of
// them at once must; it only reads.
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

// How many rows a piece of an export has.
inline constexpr std::size_t kRowsPerPiece = 2'000;

// Those that read a part of the tables and are held against their plans; an export may read all.
std::span<const postgres::Statement* const> statements();

// Lets the transaction stand idle for so long between two pieces: a slow reader is not a forgotten
// transaction.
postgres::Call prepare_export(std::chrono::milliseconds patience);
// Opens the walk over the orders of a span, by id: a row for each item, by line number, and one
// without an item for an order that has none. REQUIRES: prepared.
postgres::Call open_export(const Span& span);
// The next rows of the walk; none when it is over.
postgres::Transaction::Ahead next_piece(postgres::Transaction& transaction);
// Reads the order that the row begins, without items.
void begin_order(const postgres::Row& row, ExportedOrder& order);
// Adds the row's item; false, and nothing added, where the row is of another order.
bool add_item(const postgres::Row& row, ExportedOrder& order);

// The instants of a range, or nothing where the server knows no such time zone.
runtime::Task<std::optional<Span>> resolve(postgres::Pool& pool, runtime::Context& context,
                                           const ReportRange& range);

postgres::Call totals(const Span& span, std::string_view timezone);
postgres::Call top_products(const Span& span);
// Fills in what the two have found.
void read_totals(const postgres::Rows& rows, OrderReport& report);
void read_top_products(const postgres::Rows& rows, OrderReport& report);

}  // namespace souk::reports::store
