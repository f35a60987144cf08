// The query of the list of a webhook's deliveries.
// Threading: constants.
#pragma once

#include "api/wire/query.h"
#include "webhooks/types.h"

namespace souk::api {

struct DeliveryListing {
  std::size_t limit = webhooks::kDefaultDeliveriesPage;
  std::optional<std::string> cursor;
};

template <>
inline constexpr auto describe<DeliveryListing> = query_object(kPageFields<DeliveryListing>);

}  // namespace souk::api
