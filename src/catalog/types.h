// What the shop sells: products and the tree of categories they hang in.
// Threading: plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/money.h"

namespace souk::catalog {

// Lengths in code points; the database's constraints repeat them.
inline constexpr std::size_t kMaxNameLength = 200;
inline constexpr std::size_t kMaxDescriptionLength = 10'000;
inline constexpr std::int64_t kMaxPrice = 1'000'000'000'000;  // minor units
inline constexpr std::size_t kMaxSearchLength = 200;          // bytes
inline constexpr std::size_t kDefaultPageSize = 20;
inline constexpr std::size_t kMaxPageSize = 100;
// A search puts at most so many matches in order, so that a word in every description stays
// affordable; so does a price range by age.
inline constexpr std::int64_t kMaxRanked = 5'000;
// Products looked at for one page of the newest within a wide range of prices.
inline constexpr std::int64_t kMaxWalked = 20'000;
inline constexpr std::int64_t kMaxWalkedInCategory = 2'000;  // of each category below the one asked

struct Product {
  ProductId id;
  std::string name;
  std::string description;
  CategoryId category_id;
  Money price;
  bool is_active = true;
  std::int64_t version = 1;  // rises with every change, whoever makes it
};

// A whole product as an administrator writes it.
struct ProductDraft {
  std::string name;
  std::string description;
  CategoryId category_id;
  Money price;
  bool is_active = true;
};

// The members that are present replace the product's.
struct ProductPatch {
  std::optional<std::string> name;
  std::optional<std::string> description;
  std::optional<CategoryId> category_id;
  std::optional<Money> price;
  std::optional<bool> is_active;
};

struct Category {
  CategoryId id;
  std::optional<CategoryId> parent_id;
  std::string name;
  std::string slug;
};

enum class ProductSort : std::uint8_t { kNewest, kPriceAscending, kPriceDescending, kRelevance };

// The place after one product in one order: what a page's cursor says.
struct ProductCursor {
  ProductSort sort = ProductSort::kNewest;
  double key = 0;  // price in minor units, relevance, or nothing for kNewest
  ProductId id;
};

struct ProductQuery {
  std::optional<CategoryId> category;     // with everything below it
  std::string search;                     // words as a person types them; empty: no search
  std::optional<std::int64_t> min_price;  // minor units, inclusive
  std::optional<std::int64_t> max_price;
  std::optional<Currency> currency;  // those of other currencies are left out
  ProductSort sort = ProductSort::kNewest;
  std::size_t limit = kDefaultPageSize;  // 1 to kMaxPageSize
  std::optional<ProductCursor> after;    // of the same sort
};

// Prices are compared within one currency.
inline bool compares_prices(const ProductQuery& query) {
  return query.min_price || query.max_price || query.sort == ProductSort::kPriceAscending ||
         query.sort == ProductSort::kPriceDescending;
}

struct ProductPage {
  std::vector<Product> items;
  std::optional<ProductCursor> next;  // nothing on the last page
};

// What an order takes from a product at the moment it is placed.
struct SaleItem {
  ProductId id;
  std::string name;
  Money price;
  bool is_active = false;
};

}  // namespace souk::catalog
