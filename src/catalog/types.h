// Products and the tree of categories.
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
inline constexpr std::size_t kMaxSkuLength = 64;
inline constexpr std::size_t kMaxDescriptionLength = 10'000;
inline constexpr std::size_t kMaxCategoryNameLength = 100;
inline constexpr std::size_t kMaxSlugLength = 200;            // ASCII
inline constexpr std::int32_t kMaxPosition = 1'000'000;       // among siblings
inline constexpr std::int64_t kMaxCategories = 10'000;        // the whole tree is one answer
inline constexpr std::int64_t kMaxPrice = 1'000'000'000'000;  // minor units
inline constexpr std::size_t kMaxSearchLength = 200;          // bytes
inline constexpr std::size_t kDefaultPageSize = 20;
inline constexpr std::size_t kMaxPageSize = 100;
inline constexpr std::size_t kMaxListedIds = 100;  // in the filter of a list
// The most products within a range of prices that are sorted by age; of the matches of an
// administrator's search, listed.
inline constexpr std::int64_t kMaxRanked = 5'000;
// The most matches of a search that are all sorted.
inline constexpr std::int64_t kMaxMatches = 2'000;
// The most products of an order that are tested for a page, where more match or no index tells.
inline constexpr std::int64_t kMaxTested = 10'000;
inline constexpr std::int64_t kMaxTestedInCategory = 1'000;  // per category below the requested one
// The most products examined for a page of the newest within a wide price range.
inline constexpr std::int64_t kMaxWalked = 10'000;
inline constexpr std::int64_t kMaxWalkedInCategory = 2'000;  // per category below the requested one

struct Product {
  ProductId id;
  std::optional<std::string> sku;  // the merchant's own number, unique
  std::string name;
  std::string description;
  CategoryId category_id;
  Money price;
  bool is_active = true;
  std::int64_t version = 1;  // incremented by every change from any source
};

// A complete product as written by an administrator.
struct ProductDraft {
  std::optional<std::string> sku;
  std::string name;
  std::string description;
  CategoryId category_id;
  Money price;
  bool is_active = true;
};

// The present members replace the product's.
struct ProductPatch {
  std::optional<std::optional<std::string>> sku;  // of nothing: no sku any more
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
  std::int32_t position = 0;  // siblings are ordered by it, then by their names
  std::int64_t version = 1;   // incremented by every change from any source
};

struct CategoryDraft {
  std::string name;
  std::optional<CategoryId> parent_id;   // nothing: at the top
  std::optional<std::string> slug;       // nothing: made of the name, unique
  std::optional<std::int32_t> position;  // nothing: after its siblings
};

// The present members replace the category's.
struct CategoryPatch {
  std::optional<std::string> name;
  std::optional<std::optional<CategoryId>> parent_id;  // nothing within: to the top
  std::optional<std::string> slug;
  std::optional<std::int32_t> position;  // without it, a moved one comes after its new siblings
};

enum class ProductSort : std::uint8_t { kNewest, kPriceAscending, kPriceDescending, kRelevance };

// The currencies of active products.
struct Currencies {
  std::vector<std::string> in_use;  // in order
  std::optional<std::string> main;  // the shop's own, if it is in use
};

// The position after one product in one order: the content of a page's cursor.
struct ProductCursor {
  ProductSort sort = ProductSort::kNewest;
  double key = 0;  // price in minor units, relevance, or nothing for kNewest
  ProductId id;
};

struct ProductQuery {
  std::optional<CategoryId> category;     // including its descendants
  std::string search;                     // words as typed; empty: no search
  std::optional<std::string> sku;         // only this product
  std::vector<ProductId> ids;             // only these; empty: all
  bool in_stock = false;                  // only those with units that are not reserved
  std::optional<std::int64_t> min_price;  // minor units, inclusive
  std::optional<std::int64_t> max_price;
  std::optional<Currency> currency;  // excludes other currencies
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
  // Stopped at a limit: by relevance, some matches are on no page; otherwise the page may have
  // fewer items than requested although more follow.
  bool bounded = false;
};

// The data of a product used by an order at its placement.
struct SaleItem {
  ProductId id;
  std::string name;
  Money price;
  bool is_active = false;
};

}  // namespace souk::catalog
