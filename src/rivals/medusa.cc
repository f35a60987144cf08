// Medusa v2's Store API, REST with a publishable key.
#include "rivals/driver.h"

namespace souk::rivals {
namespace {

constexpr std::string_view kProducts = "/products";
constexpr std::string_view kCart = "/cart/id";
constexpr std::string_view kPayment = "/payment_collection/id";

constexpr Request kList[] = {
    {.method = "GET", .target = "/store/products?limit=20&offset=0&${fields}", .has = kProducts}};
constexpr Request kCategory[] = {
    {.method = "GET",
     .target = "/store/products?limit=20&category_id[]=${category}&${fields}",
     .has = kProducts}};
constexpr Request kSearch[] = {
    {.method = "GET", .target = "/store/products?limit=20&q=${word}&${fields}", .has = kProducts}};
constexpr Request kNextPage[] = {
    kList[0],
    {.method = "GET", .target = "/store/products?limit=20&offset=20&${fields}", .has = kProducts}};
constexpr Request kProduct[] = {
    {.method = "GET", .target = "/store/products/${product}?${fields}", .has = "/product/id"}};
constexpr Request kOrder[] = {
    {.method = "POST",
     .target = "/store/carts",
     .body = R"({"region_id":"${region}","email":"guest-${unique}@example.com",)"
             R"("shipping_address":${address},"billing_address":${address},)"
             R"("items":[{"variant_id":"${item}","quantity":1}]})",
     .has = kCart,
     .take = "cart",
     .pointer = kCart},
    {.method = "GET",
     .target = "/store/shipping-options?cart_id=${cart}",
     .has = "/shipping_options/0/id",
     .take = "shipping",
     .pointer = "/shipping_options/0/id"},
    {.method = "POST",
     .target = "/store/carts/${cart}/shipping-methods",
     .body = R"({"option_id":"${shipping}"})",
     .has = kCart},
    {.method = "POST",
     .target = "/store/payment-collections",
     .body = R"({"cart_id":"${cart}"})",
     .has = kPayment,
     .take = "payment",
     .pointer = kPayment},
    {.method = "POST",
     .target = "/store/payment-collections/${payment}/payment-sessions",
     .body = R"({"provider_id":"pp_system_default"})",
     .has = kPayment},
    // A cart that cannot be completed is answered 200, with "error" instead of "order".
    {.method = "POST",
     .target = "/store/carts/${cart}/complete",
     .body = "{}",
     .has = "/order/id"}};

constexpr std::array<Row, kKinds> kRows = {
    {{Kind::kList, kList},
     {Kind::kCategory, kCategory},
     {Kind::kPriceRange, {}, "the Store API does not filter by price"},
     {Kind::kSorted, {}, "the Store API does not sort by price"},
     {Kind::kSearch, kSearch},
     {Kind::kNextPage, kNextPage, "by offset instead of a cursor"},
     {Kind::kProduct, kProduct},
     {Kind::kOrder, kOrder,
      "a guest's, in the six requests of a storefront: cart, shipping options, shipping method, "
      "payment collection, payment session, completion; Souk's is not paid"}}};

constexpr std::array<Constant, 4> kConstants = {
    {{"region", "", "GET", "/store/regions?limit=1", "", "/regions/0/id"},
     {"country", "", "GET", "/store/regions?limit=1", "", "/regions/0/countries/0/iso_2"},
     // What Souk's lists have of a product; Medusa's default has options, images and more besides.
     {"fields",
      "region_id=${region}&fields=id,title,handle,description,thumbnail,"
      "*variants.calculated_price"},
     {"address",
      R"({"first_name":"A","last_name":"Guest","address_1":"1 Main Street","city":"City",)"
      R"("postal_code":"12345","country_code":"${country}"})"}}};

}  // namespace

const Driver kMedusa = {
    .name = "medusa",
    .make = "Medusa",
    .version = "2.21.2",
    .key_header = "x-publishable-api-key",
    .lacks = {},
    .products = {"GET", "/store/products?limit=100&offset=${offset}&fields=id,title,*variants", "",
                 "/products", "/id", "/title", "/variants/0/id"},
    .categories = {"GET", "/store/product-categories?limit=100&offset=${offset}&fields=id,name", "",
                   "/product_categories", "/id", "/name", ""},
    .constants = kConstants,
    .rows = kRows};

}  // namespace souk::rivals
