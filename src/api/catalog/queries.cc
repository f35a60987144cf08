#include "api/catalog/queries.h"

#include "api/operation/cursor.h"

namespace souk::api {

Result<catalog::ProductQuery> query_of(ProductListing listing) {
  using enum catalog::ProductSort;
  catalog::ProductQuery query = static_cast<catalog::ProductQuery&&>(listing);
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
