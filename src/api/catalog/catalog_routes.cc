#include "api/catalog/catalog_routes.h"

#include <algorithm>

#include "api/catalog/operations.h"
#include "api/operation/cursor.h"
#include "api/operation/parameters.h"
#include "api/wire/wire.h"
#include "http/conditional.h"

namespace souk::api {

using http::Request;
using http::Response;
using runtime::Context;
using runtime::Task;

namespace {

Response product_response(int status, const catalog::Product& product) {
  auto response = http::json(status, body_of(product));
  response.etag = http::make_etag(static_cast<std::uint64_t>(product.version));
  return response;
}

Response category_response(int status, const catalog::Category& category) {
  auto response = http::json(status, body_of(category));
  response.etag = http::make_etag(static_cast<std::uint64_t>(category.version));
  return response;
}

catalog::ProductPatch whole(catalog::ProductDraft draft) {
  return {.sku = std::move(draft.sku),
          .name = std::move(draft.name),
          .description = std::move(draft.description),
          .category_id = draft.category_id,
          .price = draft.price,
          .is_active = draft.is_active};
}

// In addition to what the condition allows.
void expect(std::int64_t version, VersionCondition& condition) {
  const auto& among = condition.among;
  const bool allowed = !among || std::ranges::find(*among, version) != among->end();
  condition.among.emplace(allowed ? 1 : 0, version);
}

}  // namespace

void CatalogRoutes::each(auto add) {
  add(kListProducts, &CatalogRoutes::list);
  add(kCreateProduct, &CatalogRoutes::create);
  add(kGetProduct, &CatalogRoutes::get);
  add(kReplaceProduct, &CatalogRoutes::replace);
  add(kChangeProduct, &CatalogRoutes::change);
  add(kDeactivateProduct, &CatalogRoutes::deactivate);
  add(kGetStock, &CatalogRoutes::get_stock);
  add(kSetStock, &CatalogRoutes::set_stock);
  add(kListCategories, &CatalogRoutes::categories);
  add(kGetCategory, &CatalogRoutes::get_category);
  add(kCreateCategory, &CatalogRoutes::create_category);
  add(kChangeCategory, &CatalogRoutes::change_category);
  add(kDeleteCategory, &CatalogRoutes::delete_category);
}

void CatalogRoutes::add_to(Routes& routes) {
  each([&](const Operation& operation, auto handler) { routes.add(operation, *this, handler); });
}

void CatalogRoutes::list_operations(std::vector<const Operation*>& operations) {
  each([&](const Operation& operation, auto) { operations.push_back(&operation); });
}

Answer CatalogRoutes::list(Context& context, const Request& request, ProductListing listing) {
  const bool with_stock = listing.include.has_value();
  auto query = query_of(listing);
  if (!query) co_return std::unexpected(query.error());
  if (const auto& slug = listing.wanted_category; slug && !query->category) {
    const auto category = co_await catalog_.category_of(context, *slug);
    if (!category) co_return std::unexpected(category.error());
    query->category = category->value_or(CategoryId());  // which no category has
  }
  auto page = co_await catalog_.list(context, *std::move(query));
  if (!page) co_return std::unexpected(page.error());
  if (!with_stock) co_return responses_.respond(request, *page);
  const auto both = co_await with_stock_.add_to(context, *std::move(page));
  if (!both) co_return std::unexpected(both.error());
  co_return responses_.respond(request, *both);
}

Answer CatalogRoutes::create(Context& context, const Request& request,
                             catalog::ProductDraft draft) {
  const auto product = co_await catalog_.create(context, std::move(draft));
  if (!product) co_return std::unexpected(product.error());
  auto response = product_response(201, *product);
  response.headers.add("Location", "/api/products/" + product->id.value.to_string());
  co_return response;
}

Answer CatalogRoutes::get(Context& context, const Request& request, ProductView view) {
  const auto id = id_in_path<ProductId>(request);
  if (!id) co_return std::unexpected(id.error());
  auto product = co_await catalog_.product(context, *id);
  if (!product) co_return std::unexpected(product.error());
  if (!view.include) co_return responses_.respond(request, *product);
  const auto both = co_await with_stock_.add_to(context, *std::move(product));
  if (!both) co_return std::unexpected(both.error());
  co_return responses_.respond(request, *both);
}

Task<Result<catalog::Product>> CatalogRoutes::update(Context& context, const Request& request,
                                                     catalog::ProductPatch patch,
                                                     std::optional<std::int64_t> version) {
  const auto id = id_in_path<ProductId>(request);
  if (!id) co_return std::unexpected(id.error());
  auto condition = version_condition(request);
  if (!condition) co_return std::unexpected(condition.error());
  if (version) expect(*version, *condition);
  co_return co_await catalog_.update(context, *id, std::move(patch), *std::move(condition));
}

Answer CatalogRoutes::replace(Context& context, const Request& request, ProductReplacement wanted) {
  const auto id = id_in_path<ProductId>(request);
  if (!id) co_return std::unexpected(id.error());
  if (wanted.id && *wanted.id != *id) {
    co_return fail(ErrorCode::kValidationFailed, "the product is not valid",
                   {{"/id", "must be the id in the path"}});
  }
  const auto version = wanted.version;
  const auto product = co_await update(context, request, whole(std::move(wanted)), version);
  if (!product) co_return std::unexpected(product.error());
  co_return product_response(200, *product);
}

Answer CatalogRoutes::change(Context& context, const Request& request,
                             catalog::ProductPatch patch) {
  const auto product = co_await update(context, request, std::move(patch));
  if (!product) co_return std::unexpected(product.error());
  co_return product_response(200, *product);
}

Answer CatalogRoutes::deactivate(Context& context, const Request& request) {
  catalog::ProductPatch patch;
  patch.is_active = false;
  const auto product = co_await update(context, request, std::move(patch));
  if (!product) co_return std::unexpected(product.error());
  co_return http::no_content();
}

// Whether there is such a product is asked only where it never had stock.
Answer CatalogRoutes::get_stock(Context& context, const Request& request) {
  const auto id = id_in_path<ProductId>(request);
  if (!id) co_return std::unexpected(id.error());
  const auto stock = co_await inventory_.stock(context, *id);
  if (!stock) co_return std::unexpected(stock.error());
  if ((*stock)->version == 0) {
    const auto product = co_await catalog_.product(context, *id);
    if (!product) co_return std::unexpected(product.error());
  }
  co_return responses_.respond(request, *stock);
}

Answer CatalogRoutes::set_stock(Context& context, const Request& request, StockLevel level) {
  const auto id = id_in_path<ProductId>(request);
  if (!id) co_return std::unexpected(id.error());
  auto condition = version_condition(request);
  if (!condition) co_return std::unexpected(condition.error());
  const auto on_hand = level.on_hand ? level.on_hand : level.quantity;
  if (!on_hand || (level.on_hand && level.quantity)) {
    co_return fail(ErrorCode::kValidationFailed, "the stock is not valid",
                   {{"/onHand", "is missing, or named twice"}});
  }
  const auto stock = co_await inventory_.set_on_hand(context, *id, *on_hand, *std::move(condition));
  if (!stock) co_return std::unexpected(stock.error());
  auto response = http::json(200, body_of(*stock));
  response.etag = http::make_etag(static_cast<std::uint64_t>(stock->version));
  co_return response;
}

Answer CatalogRoutes::categories(Context& context, const Request& request) {
  const auto categories = co_await catalog_.categories(context);
  if (!categories) co_return std::unexpected(categories.error());
  co_return responses_.respond(request, *categories);
}

Answer CatalogRoutes::get_category(Context& context, const Request& request) {
  const auto id = id_in_path<CategoryId>(request);
  if (!id) co_return std::unexpected(id.error());
  const auto category = co_await catalog_.category(context, *id);
  if (!category) co_return std::unexpected(category.error());
  co_return category_response(200, *category);
}

Answer CatalogRoutes::create_category(Context& context, const Request&,
                                      catalog::CategoryDraft draft) {
  const auto category = co_await catalog_.create_category(context, std::move(draft));
  if (!category) co_return std::unexpected(category.error());
  auto response = category_response(201, *category);
  response.headers.add("Location", "/api/categories/" + category->id.value.to_string());
  co_return response;
}

Answer CatalogRoutes::change_category(Context& context, const Request& request,
                                      catalog::CategoryPatch patch) {
  const auto id = id_in_path<CategoryId>(request);
  if (!id) co_return std::unexpected(id.error());
  auto condition = version_condition(request);
  if (!condition) co_return std::unexpected(condition.error());
  const auto category =
      co_await catalog_.update_category(context, *id, std::move(patch), *std::move(condition));
  if (!category) co_return std::unexpected(category.error());
  co_return category_response(200, *category);
}

Answer CatalogRoutes::delete_category(Context& context, const Request& request) {
  const auto id = id_in_path<CategoryId>(request);
  if (!id) co_return std::unexpected(id.error());
  auto condition = version_condition(request);
  if (!condition) co_return std::unexpected(condition.error());
  const auto removed = co_await catalog_.remove_category(context, *id, *std::move(condition));
  if (!removed) co_return std::unexpected(removed.error());
  co_return http::no_content();
}

}  // namespace souk::api
