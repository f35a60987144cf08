// All SQL of statistics; calls are for a transaction.
// Threading and ownership: free functions; calls own what they carry.
#pragma once

#include <span>
#include <vector>

#include "postgres/pool.h"
#include "postgres/statement.h"
#include "postgres/transaction.h"
#include "statistics/sums.h"
#include "statistics/visits.h"

namespace souk::statistics::store {

std::span<const postgres::Statement* const> statements();

// Inserts the events' ids; read_inserted() returns those that were new.
postgres::Call insert_new(std::span<const Counted> events);
std::vector<Uuid> read_inserted(const postgres::Rows& rows);
// Deletes a few ids before `before`.
postgres::Call delete_before(const Uuid& before);

// What these placed orders add up to; add_orders() adds the result, and returns the number of
// orders.
postgres::Call sums_of_orders(std::span<const Uuid> orders);
std::int64_t add_orders(const postgres::Rows& rows, Sums& sums);

postgres::Call add_days(const Sums& sums);
postgres::Call add_products(const Sums& sums);

// The products of which most units were sold on the last day with sales and the day before, most
// first. Reads at most kMaxRanked rows of these days. Throws as Pool::query.
inline constexpr std::size_t kMaxRanked = 20'000;
runtime::Task<std::vector<ProductId>> best_sellers(postgres::Pool& pool, runtime::Context& context,
                                                   std::size_t count);

// Adds the sums; a statement of its own. Throws as Pool::query.
runtime::Task<void> add_visits(postgres::Pool& pool, runtime::Context& context,
                               const VisitSums& sums);

}  // namespace souk::statistics::store
