#include "rivals/driver.h"

#include <algorithm>

namespace souk::rivals {
namespace {

constexpr std::array<const Driver*, 2> kDrivers = {&kMedusa, &kVendure};

constexpr std::string_view kItems = "/items";

constexpr Request kList[] = {{.method = "GET", .target = "/api/products", .has = kItems}};
constexpr Request kCategory[] = {
    {.method = "GET", .target = "/api/products?category=${category}", .has = kItems}};
constexpr Request kPriceRange[] = {
    {.method = "GET", .target = "/api/products?minPrice=1000&maxPrice=5000", .has = kItems}};
constexpr Request kSorted[] = {
    {.method = "GET", .target = "/api/products?sort=price", .has = kItems}};
constexpr Request kSearch[] = {
    {.method = "GET", .target = "/api/products?q=${word}", .has = kItems}};
constexpr Request kNextPage[] = {
    {.method = "GET",
     .target = "/api/products",
     .has = kItems,
     .take = "cursor",
     .pointer = "/nextCursor"},
    {.method = "GET", .target = "/api/products?cursor=${cursor}", .has = kItems}};
constexpr Request kProduct[] = {
    {.method = "GET", .target = "/api/products/${product}", .has = "/id"}};
constexpr Request kOrder[] = {{.method = "POST",
                               .target = "/api/orders",
                               .body = R"({"items":[{"productId":"${product}","quantity":1}]})",
                               .status = 201,
                               .has = "/id"}};

constexpr std::array<Row, kKinds> kSouk = {{{Kind::kList, kList},
                                            {Kind::kCategory, kCategory},
                                            {Kind::kPriceRange, kPriceRange},
                                            {Kind::kSorted, kSorted},
                                            {Kind::kSearch, kSearch},
                                            {Kind::kNextPage, kNextPage},
                                            {Kind::kProduct, kProduct},
                                            {Kind::kOrder, kOrder}}};

}  // namespace

std::string_view kind_name(Kind kind) {
  constexpr std::array<std::string_view, kKinds> kNames = {"list",
                                                           "list by category",
                                                           "list by price range",
                                                           "list sorted by price",
                                                           "search",
                                                           "next page",
                                                           "product",
                                                           "order"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::span<const Driver* const> all_drivers() { return kDrivers; }

const Driver* find_driver(std::string_view name) {
  const auto found = std::ranges::find(kDrivers, name, &Driver::name);
  return found == kDrivers.end() ? nullptr : *found;
}

std::span<const Row> souk_rows() { return kSouk; }

}  // namespace souk::rivals
