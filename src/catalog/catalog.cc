#include "catalog/catalog.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "cache/coherence/store.h"
#include "catalog/error_codes.h"
#include "catalog/rules.h"
#include "catalog/store.h"

namespace souk::catalog {

using cache::Found;
using cache::FoundOf;
using runtime::Context;
using runtime::Task;

namespace {

constexpr auto kNoCategory = "there is no such category";
constexpr auto kOtherVersion = "the category was changed meanwhile";

// Nothing: the statement is at fault, not the values.
std::optional<Error> refusal_of(const postgres::StatementError& error) {
  if (store::names_no_category(error)) {
    return Error{errors::kUnknownCategory, kNoCategory};
  }
  if (store::names_taken_sku(error)) {
    return Error{ErrorCode::kValidationFailed, "the product is not valid", {{"/sku", "is taken"}}};
  }
  return std::nullopt;
}

}  // namespace

Catalog::Catalog(postgres::Pool& pool, cache::HybridCache& cache, Searches& searches,
                 UuidGenerator& ids, Caching caching)
    : pool_(pool), cache_(cache), searches_(searches), ids_(ids), caching_(caching) {}

Task<Result<FoundOf<Product>>> Catalog::product(Context& context, ProductId id) {
  const cache::IdKey key(kProductKind, id.value);
  Result<Found> found{cache_.hit(caching_.product, key.view())};
  if (!found->entry) {
    found = co_await cache_.get_or_load(context, caching_.product, key.text(),
                                        [this, id](Context& c) { return load_product(c, id); });
    if (!found) co_return std::unexpected(found.error());
  }
  if (found->entry->absent()) co_return fail(ErrorCode::kNotFound, "there is no such product");
  co_return FoundOf<Product>{*std::move(found)};
}

Task<cache::Value> Catalog::load_product(Context& context, ProductId id) {
  auto product = co_await store::find(pool_, context, id);
  if (!product) co_return cache::Value{};
  const auto version = product->version;
  co_return cache::make_value(*std::move(product), version);
}

Task<Result<FoundOf<ProductPage>>> Catalog::list(Context& context, ProductQuery query) {
  if (auto valid = rules::check(query); !valid) co_return std::unexpected(valid.error());
  if (compares_prices(query) && !query.currency) {
    const auto currency = co_await main_currency(context);
    if (!currency) co_return std::unexpected(currency.error());
    query.currency = *currency;
  }
  try {
    co_return co_await found_page(context, std::move(query));
  } catch (const SearchRefused& refused) {
    co_return fail(
        refused.why() == SearchRefused::Why::kBusy ? errors::kSearchBusy : errors::kSearchTooLong,
        refused.what());
  }
}

Task<Result<FoundOf<ProductPage>>> Catalog::found_page(Context& context, ProductQuery query) {
  const auto key = page_key(query);
  if (auto entry = cache_.hit(caching_.products, key.view())) {
    co_return FoundOf<ProductPage>{std::move(entry)};
  }
  if (query.in_stock) {
    if (context.cached_only) co_return runtime::not_cached(context);
    // Without a stamp, so that nothing that is made of it is cached either.
    auto page = co_await load_page(context, std::move(query));
    co_return FoundOf<ProductPage>{cache::make_entry(caching_.products, std::string(key.view()),
                                                     std::move(page), {}, Timestamp{})};
  }
  auto found = co_await cache_.get_or_load(
      context, caching_.products, std::string(key.view()),
      [this, query = std::move(query)](Context& c) { return load_page(c, query); });
  if (!found) co_return std::unexpected(found.error());
  co_return FoundOf<ProductPage>{*std::move(found)};
}

Task<cache::Value> Catalog::load_page(Context& context, ProductQuery query) {
  const bool searches = !query.search.empty() || !query.ids.empty() || query.in_stock;
  auto [listed, edge, bounded] = searches ? co_await searches_.list(context, query)
                                          : co_await store::list(pool_, context, query);
  ProductPage page{.bounded = bounded};
  if (listed.size() > query.limit) {
    listed.resize(query.limit);
    page.next = ProductCursor{query.sort, listed.back().key, listed.back().product.id};
  } else if (edge) {
    page.next = edge;
    page.bounded = true;
  }
  page.items.reserve(listed.size());
  for (auto& row : listed) page.items.push_back(std::move(row.product));
  auto tags = page_tags(query, page);
  co_return cache::make_value(std::move(page), 0, std::move(tags));
}

Task<Result<Currency>> Catalog::main_currency(Context& context) {
  Result<Found> found{cache_.hit(caching_.currencies, kCurrenciesKey)};
  if (!found->entry) {
    found = co_await cache_.get_or_load(context, caching_.currencies, std::string(kCurrenciesKey),
                                        [this](Context& c) { return load_currencies(c); });
    if (!found) co_return std::unexpected(found.error());
  }
  const auto& [codes, main] = found->entry->as<Currencies>();
  if (main) co_return Currency::parse(*main).value();
  if (codes.empty()) co_return Currency();
  if (codes.size() == 1) co_return Currency::parse(codes.front()).value();
  co_return fail(ErrorCode::kValidationFailed, "prices are compared within one currency",
                 {{"currency", fmt::format("must be one of {}", fmt::join(codes, ", "))}});
}

Task<cache::Value> Catalog::load_currencies(Context& context) {
  co_return cache::make_value(co_await store::currencies(pool_, context), 0,
                              {"products", "prices", std::string(kCurrenciesKey)});
}

Task<Result<FoundOf<Categories>>> Catalog::categories(Context& context) {
  if (auto entry = cache_.hit(caching_.categories, kCategoriesKey)) {
    co_return FoundOf<Categories>{std::move(entry)};
  }
  auto found =
      co_await cache_.get_or_load(context, caching_.categories, std::string(kCategoriesKey),
                                  [this](Context& c) { return load_categories(c); });
  if (!found) co_return std::unexpected(found.error());
  co_return FoundOf<Categories>{*std::move(found)};
}

Task<cache::Value> Catalog::load_categories(Context& context) {
  co_return cache::make_value(co_await store::categories(pool_, context));
}

Task<postgres::Rows> Catalog::write(Context& context, postgres::Call call) {
  auto transaction = co_await pool_.begin(context);
  auto [rows, logged] =
      co_await transaction.pipeline_and_commit(std::move(call), cache::store::own_changes(kTopic));
  drop_changes(logged);
  co_return std::move(rows);
}

Task<postgres::Rows> Catalog::write_category(Context& context, postgres::Call call) {
  auto transaction = co_await pool_.begin(context);
  auto [locked, rows, logged] = co_await transaction.pipeline_and_commit(
      store::lock_categories(), std::move(call), cache::store::own_changes(kTopic));
  drop_changes(logged);
  co_return std::move(rows);
}

void Catalog::drop_changes(const postgres::Rows& logged) {
  std::vector<cache::Change> changes;
  cache::Position by = 0;
  for (auto& change : cache::store::read_own_changes(logged)) {
    by = change.by;
    changes.push_back({std::move(change.tag), change.version});
  }
  cache_.changed(kTopic, changes, by);
}

Task<Result<Category>> Catalog::category(Context& context, CategoryId id) {
  auto category = co_await store::find_category(pool_, context, id);
  if (!category) co_return fail(ErrorCode::kNotFound, kNoCategory);
  co_return *std::move(category);
}

Task<Result<std::optional<CategoryId>>> Catalog::category_of(Context& context,
                                                             std::string_view slug) {
  const auto tree = co_await categories(context);
  if (!tree) co_return std::unexpected(tree.error());
  const Categories& all = **tree;
  const auto found = std::ranges::find(all, slug, &Category::slug);
  if (found == all.end()) co_return std::nullopt;
  co_return found->id;
}

Task<Result<Category>> Catalog::create_category(Context& context, CategoryDraft draft) {
  if (auto valid = rules::check(draft); !valid) co_return std::unexpected(valid.error());
  try {
    const auto rows =
        co_await write_category(context, store::insert_category(CategoryId{ids_.next()}, draft));
    auto category = store::read_inserted_category(rows);
    if (category) co_return *std::move(category);
  } catch (const postgres::StatementError& error) {
    auto refusal = store::category_refusal(error, store::CategoryWrite::kPut);
    if (!refusal) throw;
    co_return std::unexpected(*std::move(refusal));
  }
  co_return fail(ErrorCode::kLimitReached,
                 fmt::format("a shop has at most {} categories", kMaxCategories));
}

Task<Result<Category>> Catalog::update_category(Context& context, CategoryId id,
                                                CategoryPatch patch, VersionCondition condition) {
  if (auto valid = rules::check(patch); !valid) co_return std::unexpected(valid.error());
  try {
    const auto rows =
        co_await write_category(context, store::update_category(id, patch, condition));
    auto updated = store::read_updated_category(rows);
    if (!updated.found) co_return fail(ErrorCode::kNotFound, kNoCategory);
    if (!updated.category) co_return fail(ErrorCode::kPreconditionFailed, kOtherVersion);
    co_return *std::move(updated.category);
  } catch (const postgres::StatementError& error) {
    auto refusal = store::category_refusal(error, store::CategoryWrite::kPut);
    if (!refusal) throw;
    co_return std::unexpected(*std::move(refusal));
  }
}

Task<Result<>> Catalog::remove_category(Context& context, CategoryId id,
                                        VersionCondition condition) {
  try {
    const auto rows = co_await write_category(context, store::delete_category(id, condition));
    switch (store::read_deleted_category(rows)) {
      case store::Deleted::kNotFound:
        co_return fail(ErrorCode::kNotFound, kNoCategory);
      case store::Deleted::kOtherVersion:
        co_return fail(ErrorCode::kPreconditionFailed, kOtherVersion);
      case store::Deleted::kYes:
        co_return Result<>();
    }
  } catch (const postgres::StatementError& error) {
    auto refusal = store::category_refusal(error, store::CategoryWrite::kDelete);
    if (!refusal) throw;
    co_return std::unexpected(*std::move(refusal));
  }
  std::unreachable();
}

Task<Result<Product>> Catalog::create(Context& context, ProductDraft draft) {
  if (auto valid = rules::check(draft); !valid) co_return std::unexpected(valid.error());
  try {
    const auto rows = co_await write(context, store::insert(ProductId{ids_.next()}, draft));
    co_return store::read_inserted(rows);
  } catch (const postgres::StatementError& error) {
    auto refusal = refusal_of(error);
    if (!refusal) throw;
    co_return std::unexpected(*std::move(refusal));
  }
}

Task<Result<Product>> Catalog::update(Context& context, ProductId id, ProductPatch patch,
                                      VersionCondition condition) {
  if (auto valid = rules::check(patch); !valid) co_return std::unexpected(valid.error());
  try {
    const auto rows = co_await write(context, store::update(id, patch, condition));
    auto updated = store::read_updated(rows);
    if (!updated.found) co_return fail(ErrorCode::kNotFound, "there is no such product");
    if (!updated.product) {
      co_return fail(ErrorCode::kPreconditionFailed, "the product was changed meanwhile");
    }
    co_return std::move(*updated.product);
  } catch (const postgres::StatementError& error) {
    auto refusal = refusal_of(error);
    if (!refusal) throw;
    co_return std::unexpected(*std::move(refusal));
  }
}

}  // namespace souk::catalog
