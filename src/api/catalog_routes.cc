#include "api/catalog_routes.h"

#include <fmt/format.h>

#include "api/bodies.h"
#include "api/cursor.h"
#include "api/parameters.h"
#include "api/wire.h"
#include "http/conditional.h"

namespace souk::api {

using http::Method;
using http::Priority;
using http::Request;
using http::Response;
using http::Takes;
using runtime::Context;
using runtime::Task;

namespace {

// A description of 10,000 characters, each escaped as a surrogate pair, and the rest.
constexpr std::size_t kMaxProductBytes = 128 * 1024;

Response product_response(int status, const catalog::Product& product) {
  auto response = http::json(status, body_of(product));
  response.etag = http::make_etag(static_cast<std::uint64_t>(product.version));
  return response;
}

// Both tags as one.
std::string joined_etag(const cache::Entry& product, const cache::Entry& stock) {
  return fmt::format("\"{}.{}\"", product.version, stock.version);
}

catalog::ProductPatch whole(catalog::ProductDraft draft) {
  return {.name = std::move(draft.name),
          .description = std::move(draft.description),
          .category_id = draft.category_id,
          .price = draft.price,
          .is_active = draft.is_active};
}

}  // namespace

void CatalogRoutes::add_to(http::Routers& routers) {
  const auto add = [&](Operation<CatalogRoutes> operation, http::Route route,
                       QueryNames query = {}) {
    route.query.assign(query.begin(), query.end());
    route.max_body_bytes = kMaxProductBytes;
    route.conditional = true;  // all that can be changed here have an ETag
    add_operation(routers, *this, operation, std::move(route));
  };
  const std::string products = "/api/products";
  const std::string product = "/api/products/{id}";
  const std::string stock = "/api/products/{id}/stock";
  using Routes = CatalogRoutes;
  add(&Routes::list,
      {.method = Method::kGet,
       .path = products,
       .name = "listProducts",
       .priority = Priority::kBrowse,
       .statement_budget = 3},
      kProductListQuery);
  add(&Routes::create, {.method = Method::kPost,
                        .path = products,
                        .name = "createProduct",
                        .access = kAdmin,
                        .priority = Priority::kOperator,
                        .statement_budget = 3,
                        .takes = Takes::kBody});
  add(&Routes::get,
      {.method = Method::kGet,
       .path = product,
       .name = "getProduct",
       .priority = Priority::kBrowse,
       .statement_budget = 2},
      kIncludeQuery);
  add(&Routes::replace, {.method = Method::kPut,
                         .path = product,
                         .name = "replaceProduct",
                         .access = kAdmin,
                         .priority = Priority::kOperator,
                         .statement_budget = 3,
                         .takes = Takes::kBody});
  add(&Routes::change, {.method = Method::kPatch,
                        .path = product,
                        .name = "changeProduct",
                        .access = kAdmin,
                        .priority = Priority::kOperator,
                        .statement_budget = 3,
                        .takes = Takes::kBody});
  add(&Routes::deactivate, {.method = Method::kDelete,
                            .path = product,
                            .name = "deactivateProduct",
                            .access = kAdmin,
                            .priority = Priority::kOperator,
                            .statement_budget = 3});
  add(&Routes::get_stock, {.method = Method::kGet,
                           .path = stock,
                           .name = "getStock",
                           .priority = Priority::kBrowse,
                           .statement_budget = 2});
  add(&Routes::set_stock, {.method = Method::kPut,
                           .path = stock,
                           .name = "setStock",
                           .access = kAdmin,
                           .priority = Priority::kOperator,
                           .statement_budget = 2,
                           .takes = Takes::kBody});
  add(&Routes::categories, {.method = Method::kGet,
                            .path = "/api/categories",
                            .name = "listCategories",
                            .priority = Priority::kBrowse,
                            .statement_budget = 1});
}

Answer CatalogRoutes::list(Context& context, const Request& request) {
  auto listing = product_listing(request);
  if (!listing) co_return std::unexpected(listing.error());
  if (listing->with_stock) co_return co_await list_with_stock(context, std::move(listing->query));
  const auto found = co_await catalog_.list(context, std::move(listing->query));
  if (!found) co_return std::unexpected(found.error());
  co_return responses_.respond(request, *found);
}

Answer CatalogRoutes::list_with_stock(Context& context, catalog::ProductQuery query) {
  const auto page = co_await catalog_.page(context, std::move(query));
  if (!page) co_return std::unexpected(page.error());
  std::vector<ProductId> ids;
  ids.reserve(page->items.size());
  for (const auto& product : page->items) ids.push_back(product.id);
  const auto stocks = co_await inventory_.stocks(context, std::move(ids));
  std::vector<StockedProduct> stocked;
  stocked.reserve(stocks.size());
  for (std::size_t i = 0; i < stocks.size(); ++i) {
    stocked.push_back({page->items[i], stocks[i]->content.identity});
  }
  std::optional<std::string> next;
  if (page->next) next = encode_cursor(*page->next);
  auto body = page_of(stocked, next);
  auto etag = http::make_etag(body.view());
  auto response = http::json(200, std::move(body));
  response.etag = std::move(etag);
  co_return response;
}

Answer CatalogRoutes::create(Context& context, const Request& request) {
  auto draft = read_body<catalog::ProductDraft>(json_, request);
  if (!draft) co_return std::unexpected(draft.error());
  const auto product = co_await catalog_.create(context, *std::move(draft));
  if (!product) co_return std::unexpected(product.error());
  auto response = product_response(201, *product);
  response.headers.add("Location", "/api/products/" + product->id.value.to_string());
  co_return response;
}

Answer CatalogRoutes::get(Context& context, const Request& request) {
  const auto id = id_in_path<ProductId>(request);
  if (!id) co_return std::unexpected(id.error());
  const auto with_stock = includes_stock(request);
  if (!with_stock) co_return std::unexpected(with_stock.error());
  const auto product = co_await catalog_.product(context, *id);
  if (!product) co_return std::unexpected(product.error());
  if (!*with_stock) co_return responses_.respond(request, *product);
  const auto stock = co_await inventory_.stock(context, *id);
  co_return responses_.respond(
      stocked(product->entry->content.identity, stock.entry->content.identity),
      joined_etag(*product->entry, *stock.entry), stock.stale ? stock : *product);
}

Task<Result<catalog::Product>> CatalogRoutes::update(Context& context, const Request& request,
                                                     catalog::ProductPatch patch) {
  const auto id = id_in_path<ProductId>(request);
  if (!id) co_return std::unexpected(id.error());
  auto condition = version_condition(request);
  if (!condition) co_return std::unexpected(condition.error());
  co_return co_await catalog_.update(context, *id, std::move(patch), *std::move(condition));
}

Answer CatalogRoutes::replace(Context& context, const Request& request) {
  auto draft = read_body<catalog::ProductDraft>(json_, request);
  if (!draft) co_return std::unexpected(draft.error());
  const auto product = co_await update(context, request, whole(*std::move(draft)));
  if (!product) co_return std::unexpected(product.error());
  co_return product_response(200, *product);
}

Answer CatalogRoutes::change(Context& context, const Request& request) {
  auto patch = read_body<catalog::ProductPatch>(json_, request);
  if (!patch) co_return std::unexpected(patch.error());
  const auto product = co_await update(context, request, *std::move(patch));
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
  if (stock.entry->version == 0) {
    const auto product = co_await catalog_.product(context, *id);
    if (!product) co_return std::unexpected(product.error());
  }
  co_return responses_.respond(request, stock);
}

Answer CatalogRoutes::set_stock(Context& context, const Request& request) {
  const auto id = id_in_path<ProductId>(request);
  if (!id) co_return std::unexpected(id.error());
  const auto level = read_body<StockLevel>(json_, request);
  if (!level) co_return std::unexpected(level.error());
  auto condition = version_condition(request);
  if (!condition) co_return std::unexpected(condition.error());
  const auto stock =
      co_await inventory_.set_on_hand(context, *id, level->quantity, *std::move(condition));
  if (!stock) co_return std::unexpected(stock.error());
  auto response = http::json(200, body_of(*stock));
  response.etag = http::make_etag(static_cast<std::uint64_t>(stock->version));
  co_return response;
}

Answer CatalogRoutes::categories(Context& context, const Request& request) {
  co_return responses_.respond(request, co_await catalog_.categories(context));
}

}  // namespace souk::api
