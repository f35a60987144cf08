#include "api/catalog/queries.h"

#include <algorithm>
#include <ranges>

#include "api/operation/cursor.h"
#include "catalog/slug.h"

namespace souk::api {

Result<catalog::ProductQuery> query_of(const ProductListing& listing) {
  using enum catalog::ProductSort;
  catalog::ProductQuery query = static_cast<const catalog::ProductQuery&>(listing);
  if (const auto& category = listing.wanted_category) {
    if (const auto id = Uuid::parse(*category)) {
      query.category = CategoryId{*id};
    } else if (!catalog::is_slug(*category)) {
      return refuse_parameter("category", "must be the id or the slug of a category");
    }
  }
  if (const auto& ids = listing.wanted_ids) {
    for (const auto part : std::views::split(*ids, ',')) {
      query.ids.push_back(ProductId{Uuid::parse(std::string_view(part)).value_or(Uuid())});
    }
    if (query.ids.empty() || std::ranges::count(query.ids, ProductId()) > 0) {
      return refuse_parameter("ids", "must be ids with commas between them");
    }
  }
  const bool searches = !query.search.empty();
  query.sort = listing.wanted_sort.value_or(searches ? kRelevance : kNewest);
  if (query.sort == kRelevance && !searches) {
    return refuse_parameter("sort", "can be relevance only with q");
  }
  if (listing.cursor) {
    query.after = decode_product_cursor(*listing.cursor, query.sort);
    if (!query.after) return refuse_cursor();
  }
  return query;
}

}  // namespace souk::api
