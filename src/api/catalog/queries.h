// The queries of requests for products.
// Threading: constants and pure functions.
#pragma once

#include "api/wire/query.h"
#include "catalog/types.h"

namespace souk::api {

enum class Include : std::uint8_t { kStock };
inline constexpr std::array<std::string_view, 1> kIncludable = {"stock"};

template <class T>
inline constexpr auto kIncludeField =
    field("include", &T::include, kIncludable,
          {.meaning = "`stock` adds the stock.", .presence = Presence::kOptional});

struct ProductView {
  std::optional<Include> include;
};

template <>
inline constexpr auto describe<ProductView> = query_object(kIncludeField<ProductView>);

inline constexpr std::size_t kMaxIdsLength =
    catalog::kMaxListedIds * sizeof("01234567-0123-7123-8123-0123456789ab,");

// A filter is a member of catalog::ProductQuery and a line of the description.
struct ProductListing : catalog::ProductQuery {
  std::optional<std::string> wanted_category;  // its id or slug
  std::optional<std::string> wanted_ids;       // separated by commas
  std::optional<catalog::ProductSort> wanted_sort;
  std::optional<std::string> cursor;
  std::optional<Include> include;
};

inline constexpr std::array<std::string_view, 4> kSortNames = {"newest", "price", "-price",
                                                               "relevance"};

template <>
inline constexpr auto describe<ProductListing> = query_object(std::tuple_cat(
    std::tuple{
        field("category", &ProductListing::wanted_category,
              {.meaning = "The id or the slug of a category; its subcategories are included.",
               .presence = Presence::kOptional,
               .max_length = catalog::kMaxSlugLength}),
        field("q", &ProductListing::search,
              {.meaning = "Words to search for in name, SKU and description, whatever their case, "
                          "accents and endings; \"quoted words\" stand together, `or` is between "
                          "alternatives, and `-word` excludes one. The last word may be the "
                          "beginning of another. Where nothing matches, words that are like those "
                          "of names are found. Of more than 16 words the first are.",
               .presence = Presence::kOptional,
               .max_length = catalog::kMaxSearchLength}),
        field("sku", &ProductListing::sku,
              {.meaning = "The product with this SKU; stands alone.",
               .presence = Presence::kOptional,
               .max_length = catalog::kMaxSkuLength}),
        field("ids", &ProductListing::wanted_ids,
              {.meaning = "Only these products: up to 100 ids, with commas between them.",
               .presence = Presence::kOptional,
               .max_length = kMaxIdsLength}),
        field("inStock", &ProductListing::in_stock,
              {.meaning = "`true`: only products with units that nobody has reserved.",
               .presence = Presence::kOptional}),
        field(
            "minPrice", &ProductListing::min_price,
            {.meaning = "Minor units, inclusive.", .presence = Presence::kOptional, .minimum = 0}),
        field(
            "maxPrice", &ProductListing::max_price,
            {.meaning = "Minor units, inclusive.", .presence = Presence::kOptional, .minimum = 0}),
        field(
            "currency", &ProductListing::currency,
            {.meaning = "Only products of this currency. Prices are compared within one "
                        "currency: `minPrice`, `maxPrice` and `sort` by price take the shop's own "
                        "where none is named, and require one if it has several and none of "
                        "its own (422).",
             .presence = Presence::kOptional,
             .pattern = "^[A-Z]{3}$"}),
        field("sort", &ProductListing::wanted_sort, kSortNames,
              {.meaning = "`relevance` needs `q`, and is then the default; otherwise `newest` is.",
               .presence = Presence::kOptional})},
    kPageFields<ProductListing>, std::tuple{kIncludeField<ProductListing>}));

// Resolves the sort and the cursor, which depend on other parameters, and a category given by its
// id. Errors: invalid_request, naming the parameter.
Result<catalog::ProductQuery> query_of(const ProductListing& listing);

}  // namespace souk::api
