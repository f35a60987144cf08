// The queries of requests for orders.
// Threading: constants.
#pragma once

#include "api/wire/query.h"
#include "orders/search.h"
#include "orders/types.h"

namespace souk::api {

struct OrderListing {
  std::size_t limit = orders::kDefaultPageSize;
  std::optional<std::string> cursor;
};

template <>
inline constexpr auto describe<OrderListing> = query_object(kPageFields<OrderListing>);

struct OrderSearch {
  std::size_t limit = orders::kDefaultPageSize;
  std::optional<std::string> cursor;
  std::optional<orders::Status> status;
  std::optional<TimeOrDate> from;
  std::optional<TimeOrDate> to;
  std::optional<UserId> buyer;
  std::optional<std::string> email;
  std::optional<std::string> number;
  std::optional<ProductId> product;
  std::optional<std::string> text;
};

template <>
inline constexpr auto describe<OrderSearch> = query_object(std::tuple_cat(
    kPageFields<OrderSearch>,
    std::tuple{
        field("status", &OrderSearch::status, orders::kStatusNames,
              {.presence = Presence::kOptional}),
        field("from", &OrderSearch::from,
              {.meaning = "Only orders at this time or later: RFC 3339, or a date.",
               .presence = Presence::kOptional,
               .example = R"("2026-01-31T00:00:00Z")"}),
        field("to", &OrderSearch::to,
              {.meaning = "Only orders before this time: RFC 3339, or a date.",
               .presence = Presence::kOptional,
               .example = R"("2026-02-28")"}),
        field("buyer", &OrderSearch::buyer,
              {.meaning = "The id of the buyer.", .presence = Presence::kOptional}),
        field("email", &OrderSearch::email,
              {.meaning = "The buyer's e-mail address.", .presence = Presence::kOptional}),
        field("number", &OrderSearch::number,
              {.meaning = "The order's number, as people write it.",
               .presence = Presence::kOptional}),
        field("product", &OrderSearch::product,
              {.meaning = "The id of a product of the order.", .presence = Presence::kOptional}),
        field("text", &OrderSearch::text,
              {.meaning = "Beginnings of words of the buyer's name or e-mail address; at most 100 "
                          "buyers may match.",
               .presence = Presence::kOptional,
               .example = R"("ada love")"})}));

// REQUIRES: read from a query.
orders::OrderFilter filter_of(OrderSearch wanted);

}  // namespace souk::api
