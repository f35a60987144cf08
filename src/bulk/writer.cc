#include "bulk/writer.h"

#include <algorithm>
#include <unordered_set>

#include "cache/coherence/store.h"
#include "catalog/bulk_store.h"
#include "catalog/store.h"
#include "inventory/counts_store.h"
#include "inventory/store.h"

namespace souk::bulk {

using catalog::Product;
using inventory::Stock;
using postgres::Transaction;
using runtime::Context;
using runtime::Task;

namespace {

namespace products = catalog::bulk_store;
namespace counts = inventory::counts_store;

Task<std::vector<Product>> find_products(Transaction& transaction, std::span<const Row> rows) {
  std::vector<ProductId> ids;
  std::vector<std::string> skus;
  for (const auto& row : rows) {
    // A text that the database cannot take would make it refuse the whole batch.
    if (rules::problem_of(row)) continue;
    if (row.id) {
      ids.push_back(*row.id);
    } else {
      skus.push_back(row.sku);
    }
  }
  std::vector<postgres::Call> calls;
  if (!skus.empty()) calls.push_back(products::with_skus(skus));
  if (!ids.empty()) calls.push_back(products::with_ids(ids));
  std::vector<Product> found;
  if (calls.empty()) co_return found;
  for (const auto& result : co_await transaction.pipeline(std::move(calls))) {
    std::ranges::move(products::read_products(result), std::back_inserter(found));
  }
  co_return found;
}

Task<rules::Known> find(Transaction& transaction, std::span<const Row> rows) {
  rules::Known known{.products = co_await find_products(transaction, rows)};
  const bool counted =
      std::ranges::any_of(rows, [](const Row& row) { return row.stock.has_value(); });
  if (!counted || known.products.empty()) co_return known;
  std::vector<ProductId> ids;
  for (const auto& product : known.products) ids.push_back(product.id);
  std::vector<postgres::Call> calls;
  calls.push_back(counts::find(ids));
  known.stocks = counts::read_stocks((co_await transaction.pipeline(std::move(calls))).front());
  co_return known;
}

// The known rows that the plan changes, as they are now, locked. False: it changes none.
Task<bool> lock(Transaction& transaction, const rules::Plan& plan, rules::Known& known) {
  std::unordered_set<ProductId> changing;
  std::vector<ProductId> products_to_lock;
  for (const auto& product : plan.updated) products_to_lock.push_back(product.id);
  std::unordered_set<ProductId> of_stocks;
  for (const auto& stock : known.stocks) of_stocks.insert(stock.product_id);
  std::vector<ProductId> stocks_to_lock;
  for (const auto& count : plan.counts) {
    if (of_stocks.contains(count.product_id)) stocks_to_lock.push_back(count.product_id);
  }
  if (products_to_lock.empty() && stocks_to_lock.empty()) co_return false;

  const auto [locked, stocks] =
      co_await transaction.pipeline(products::lock(products_to_lock), counts::lock(stocks_to_lock));
  changing.insert(products_to_lock.begin(), products_to_lock.end());
  std::erase_if(known.products, [&](const auto& one) { return changing.contains(one.id); });
  std::ranges::move(products::read_products(locked), std::back_inserter(known.products));
  changing = {stocks_to_lock.begin(), stocks_to_lock.end()};
  std::erase_if(known.stocks, [&](const auto& one) { return changing.contains(one.product_id); });
  std::ranges::move(counts::read_stocks(stocks), std::back_inserter(known.stocks));
  co_return true;
}

std::vector<CategoryId> categories_of(const rules::Plan& plan) {
  std::vector<CategoryId> ids;
  for (const auto& product : plan.created) ids.push_back(product.category_id);
  for (const auto& product : plan.updated) ids.push_back(product.category_id);
  return ids;
}

}  // namespace

Task<std::vector<Verdict>> Writer::apply(Context& context, std::span<const Row> rows, Mode mode,
                                         CategoryPaths* categories) {
  auto verdicts = co_await apply_part(context, rows, mode, categories);
  for (const auto& verdict : verdicts) outcomes_[verdict.outcome].increment();
  co_return verdicts;
}

Task<std::vector<Verdict>> Writer::apply_part(Context& context, std::span<const Row> rows,
                                              Mode mode, CategoryPaths* categories) {
  if (rows.empty()) co_return std::vector<Verdict>();
  // A row is tried twice: what made it fail may be a product that is known by then.
  for (int tries = rows.size() == 1 ? 2 : 1; tries > 0; --tries) {
    try {
      co_return co_await pool_.retry(context, [&] { return run(context, rows, mode, categories); });
    } catch (const postgres::StatementError& error) {
      if (!error.blames_values()) throw;
    }
  }
  if (rows.size() == 1) {
    co_return std::vector<Verdict>{
        {.outcome = Outcome::kRefused, .problem = {"", "the database does not take it"}}};
  }
  const auto half = rows.size() / 2;
  auto verdicts = co_await apply_part(context, rows.first(half), mode, categories);
  std::ranges::move(co_await apply_part(context, rows.subspan(half), mode, categories),
                    std::back_inserter(verdicts));
  co_return verdicts;
}

// Rows that are to change are decided twice: first to learn which, then as they are when locked.
Task<std::vector<Verdict>> Writer::run(Context& context, std::span<const Row> rows, Mode mode,
                                       CategoryPaths* categories) {
  auto transaction = co_await pool_.begin(context);
  auto known = co_await find(transaction, rows);
  auto plan = rules::decide(rows, known, mode, ids_);
  if (!mode.dry_run && co_await lock(transaction, plan, known)) {
    plan = rules::decide(rows, known, mode, ids_);
  }
  const auto planned = categories == nullptr ? std::vector<PlannedCategory>()
                                             : categories->unmade(categories_of(plan));
  if (mode.dry_run || plan.empty()) {
    co_await transaction.rollback();
  } else {
    co_await write(transaction, plan, planned);
  }
  if (categories != nullptr) categories->set_made(planned);
  co_return std::move(plan.verdicts);
}

Task<void> Writer::write(Transaction& transaction, const rules::Plan& plan,
                         std::span<const PlannedCategory> categories) {
  std::vector<postgres::Call> calls;
  if (!categories.empty()) calls.push_back(catalog::store::lock_categories());
  for (const auto& [id, draft] : categories) {
    calls.push_back(catalog::store::insert_category(id, draft));
  }
  if (!plan.created.empty()) calls.push_back(products::insert(plan.created));
  if (!plan.updated.empty()) calls.push_back(products::update(plan.updated));
  const auto counted = calls.size();
  if (!plan.counts.empty()) calls.push_back(counts::set(plan.counts));
  const bool in_catalog = cached_.catalog != nullptr && counted > 0;
  if (in_catalog) calls.push_back(cache::store::own_changes(catalog::kTopic));
  const auto stamp = cached_.inventory != nullptr ? cached_.inventory->stamp() : cache::Stamp();
  const auto results = co_await transaction.pipeline_and_commit(std::move(calls));
  if (in_catalog) cached_.catalog->drop_changes(results.back());
  if (cached_.inventory != nullptr && !plan.counts.empty()) {
    cached_.inventory->write_through(inventory::store::read_changed(results[counted]), stamp);
  }
}

}  // namespace souk::bulk
