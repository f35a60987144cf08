#include "api/orders/queries.h"

namespace souk::api {

orders::OrderFilter filter_of(OrderSearch wanted) {
  return {.status = wanted.status,
          .from = wanted.from ? std::optional(wanted.from->time) : std::nullopt,
          .to = wanted.to ? std::optional(wanted.to->time) : std::nullopt,
          .buyer = wanted.buyer,
          .email = std::move(wanted.email),
          .number = std::move(wanted.number),
          .product = wanted.product,
          .text = std::move(wanted.text)};
}

}  // namespace souk::api
