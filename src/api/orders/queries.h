// The queries of requests for orders.
// Threading: constants.
#pragma once

#include "api/wire/query.h"
#include "orders/types.h"

namespace souk::api {

struct OrderListing {
  std::size_t limit = orders::kDefaultPageSize;
  std::optional<std::string> cursor;
};

template <>
inline constexpr auto describe<OrderListing> = query_object(kPageFields<OrderListing>);

}  // namespace souk::api
