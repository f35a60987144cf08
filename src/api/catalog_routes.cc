#include "api/catalog_routes.h"

#include "api/bodies.h"
#include "api/cursor.h"
#include "api/parameters.h"
#include "api/wire.h"
#include "http/conditional.h"

namespace souk::api {

using http::Access;
using http::Method;
using http::Request;
using http::Response;
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

Response stock_response(const inventory::Stock& stock) {
  auto response = http::json(200, body_of(stock));
  response.etag = http::make_etag(static_cast<std::uint64_t>(stock.version));
  return response;
}

catalog::ProductPatch whole(catalog::ProductDraft draft) {
  return {.name = std::move(draft.name),
          .description = std::move(draft.description),
          .category_id = draft.category_id,
          .price = draft.price,
          .is_active = draft.is_active};
}

// Of a page, the versions tell as much as its bytes and are quicker to read.
class PageTag {
 public:
  void add(const Uuid& id, std::int64_t version) {
    seen_.append({reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()});
    seen_.append_integer(version);
    seen_.append('.');
  }
  void add(std::string_view cursor) { seen_.append(cursor); }
  std::string etag() const { return http::make_etag(seen_.view()); }

 private:
  Buffer seen_;
};

}  // namespace

void CatalogRoutes::add_to(http::Router& router) {
  const auto add = [&](Operation<CatalogRoutes> operation, http::Route route) {
    route.max_body_bytes = kMaxProductBytes;
    add_operation(router, *this, operation, std::move(route));
  };
  const std::string products = "/api/products";
  const std::string product = "/api/products/{id}";
  const std::string stock = "/api/products/{id}/stock";
  using Routes = CatalogRoutes;
  add(&Routes::list, {Method::kGet, products, {}, "listProducts", Access::kPublic, 2});
  add(&Routes::create, {Method::kPost, products, {}, "createProduct", Access::kAdmin, 2});
  add(&Routes::get, {Method::kGet, product, {}, "getProduct", Access::kPublic, 2});
  add(&Routes::replace, {Method::kPut, product, {}, "replaceProduct", Access::kAdmin, 2});
  add(&Routes::change, {Method::kPatch, product, {}, "changeProduct", Access::kAdmin, 2});
  add(&Routes::deactivate, {Method::kDelete, product, {}, "deactivateProduct", Access::kAdmin, 2});
  add(&Routes::get_stock, {Method::kGet, stock, {}, "getStock", Access::kPublic, 2});
  add(&Routes::set_stock, {Method::kPut, stock, {}, "setStock", Access::kAdmin, 2});
  add(&Routes::categories,
      {Method::kGet, "/api/categories", {}, "listCategories", Access::kPublic, 1});
}

Answer CatalogRoutes::list(Context& context, const Request& request) {
  auto listing = product_listing(request);
  if (!listing) co_return std::unexpected(listing.error());
  const auto page = co_await catalog_.list(context, std::move(listing->query));
  if (!page) co_return std::unexpected(page.error());

  PageTag tag;
  for (const auto& product : page->items) tag.add(product.id.value, product.version);
  std::optional<std::string> next;
  if (page->next) tag.add(next.emplace(encode_cursor(*page->next)));
  Response response;
  if (listing->with_stock) {
    std::vector<ProductId> ids;
    for (const auto& product : page->items) ids.push_back(product.id);
    const auto stocks = co_await inventory_.stocks(context, std::move(ids));
    std::vector<StockedProduct> stocked;
    for (std::size_t i = 0; i < stocks.size(); ++i) {
      tag.add(stocks[i].product_id.value, stocks[i].version);
      stocked.push_back({page->items[i], stocks[i]});
    }
    response = http::json(200, page_of(stocked, next));
  } else {
    response = http::json(200, page_of(page->items, next));
  }
  response.etag = tag.etag();
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
  if (!*with_stock) co_return product_response(200, *product);

  const auto stocks = co_await inventory_.stocks(context, {*id});
  PageTag tag;
  tag.add(id->value, product->version);
  tag.add(id->value, stocks.front().version);
  auto response = http::json(200, body_of(StockedProduct{*product, stocks.front()}));
  response.etag = tag.etag();
  co_return response;
}

Task<Result<catalog::Product>> CatalogRoutes::update(Context& context, const Request& request,
                                                     catalog::ProductPatch patch) {
  const auto id = id_in_path<ProductId>(request);
  if (!id) co_return std::unexpected(id.error());
  const auto version = expected_version(request);
  if (!version) co_return std::unexpected(version.error());
  co_return co_await catalog_.update(context, *id, std::move(patch), *version);
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
  const auto stocks = co_await inventory_.stocks(context, {*id});
  if (stocks.front().version == 0) {
    const auto product = co_await catalog_.product(context, *id);
    if (!product) co_return std::unexpected(product.error());
  }
  co_return stock_response(stocks.front());
}

Answer CatalogRoutes::set_stock(Context& context, const Request& request) {
  const auto id = id_in_path<ProductId>(request);
  if (!id) co_return std::unexpected(id.error());
  const auto level = read_body<StockLevel>(json_, request);
  if (!level) co_return std::unexpected(level.error());
  const auto stock = co_await inventory_.set_on_hand(context, *id, level->quantity);
  if (!stock) co_return std::unexpected(stock.error());
  co_return stock_response(*stock);
}

Answer CatalogRoutes::categories(Context& context, const Request&) {
  auto body = tree_of(co_await catalog_.categories(context));
  auto etag = http::make_etag(body.view());
  auto response = http::json(200, std::move(body));
  response.etag = std::move(etag);
  co_return response;
}

}  // namespace souk::api
