#include "catalog/catalog.h"

#include "catalog/rules.h"
#include "catalog/store.h"

namespace souk::catalog {

using runtime::Context;
using runtime::Task;

Task<Result<Product>> Catalog::product(Context& context, ProductId id) {
  auto product = co_await store::find(pool_, context, id);
  if (!product) co_return fail(ErrorCode::kNotFound, "there is no such product");
  co_return std::move(*product);
}

Task<Result<ProductPage>> Catalog::list(Context& context, ProductQuery query) {
  if (auto valid = rules::check(query); !valid) co_return std::unexpected(valid.error());
  auto [listed, edge] = co_await store::list(pool_, context, query);
  ProductPage page;
  if (listed.size() > query.limit) {
    listed.resize(query.limit);
    page.next = ProductCursor{query.sort, listed.back().key, listed.back().product.id};
  } else if (edge) {
    page.next = ProductCursor{query.sort, 0, *edge};
  }
  page.items.reserve(listed.size());
  for (auto& row : listed) page.items.push_back(std::move(row.product));
  co_return page;
}

Task<std::vector<Category>> Catalog::categories(Context& context) {
  co_return co_await store::categories(pool_, context);
}

Task<Result<Product>> Catalog::create(Context& context, ProductDraft draft) {
  if (auto valid = rules::check(draft); !valid) co_return std::unexpected(valid.error());
  auto product = co_await store::insert(pool_, context, ProductId{ids_.next()}, draft);
  if (!product) co_return fail(ErrorCode::kUnknownCategory, "there is no such category");
  co_return std::move(*product);
}

Task<Result<Product>> Catalog::update(Context& context, ProductId id, ProductPatch patch,
                                      std::optional<std::int64_t> expected_version) {
  if (auto valid = rules::check(patch); !valid) co_return std::unexpected(valid.error());
  auto updated = co_await store::update(pool_, context, id, patch, expected_version);
  if (!updated.category_exists) {
    co_return fail(ErrorCode::kUnknownCategory, "there is no such category");
  }
  if (!updated.found) co_return fail(ErrorCode::kNotFound, "there is no such product");
  if (!updated.product) {
    co_return fail(ErrorCode::kPreconditionFailed, "the product was changed meanwhile");
  }
  co_return std::move(*updated.product);
}

}  // namespace souk::catalog
