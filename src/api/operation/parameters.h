// What the path, the query and the header fields of a request say, read strictly.
// Threading: pure functions. Ownership: views point into the request or the parameters.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "api/operation/operation.h"
#include "base/actor.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/origin.h"
#include "base/version_condition.h"
#include "catalog/types.h"
#include "http/message.h"
#include "orders/types.h"
#include "reports/types.h"

namespace souk::api {

// A path parameter. Errors: not_found for what no id can be: there is no such thing.
template <class TheId>
Result<TheId> id_in_path(const http::Request& request, std::string_view name = "id") {
  if (const auto id = Uuid::parse(request.parameters[name])) return TheId{*id};
  return fail(ErrorCode::kNotFound, "there is nothing with this id");
}

// Of every list that has pages.
inline constexpr Parameter kCursor{
    .name = "cursor",
    .facets = {.meaning = "`nextCursor` of the page before, with the same other parameters.",
               .presence = Presence::kOptional}};
inline constexpr Parameter kLimit{.name = "limit",
                                  .kind = Type::Kind::kInt32,
                                  .facets = {.meaning = "Items on a page.",
                                             .presence = Presence::kOptional,
                                             .minimum = 1,
                                             .maximum = 100,
                                             .default_value = "20"}};

// Errors of those that read the query: invalid_request, naming the parameter.

struct ProductListing {
  catalog::ProductQuery query;
  bool with_stock = false;
};
Result<ProductListing> product_listing(const http::Request& request);
// Whether `include=stock` asks for the stock too.
Result<bool> includes_stock(const http::Request& request);

struct OrderListing {
  std::size_t limit = orders::kDefaultPageSize;
  std::optional<orders::OrderCursor> after;
};
Result<OrderListing> order_listing(const http::Request& request);

// Which kind of jobs is asked for, where one is.
Result<std::optional<std::string>> job_kind(const http::Request& request);

// `from` and `to`, RFC 3339. Errors too: where they make no sense together.
Result<reports::Span> export_span(const http::Request& request);
// The same, and `timezone`.
Result<reports::ReportRange> report_range(const http::Request& request, Timestamp now);

// Which of the media types is wanted. Errors: not_acceptable where none is.
Result<std::size_t> wanted_type(const http::Request& request,
                                std::span<const std::string_view> offered);

// What `If-Match` and `If-None-Match` ask of the version, for a change (RFC 9110 section 13.1).
// Something is always there to be changed, so `*` of the one asks nothing, and of the other too
// much. Errors: invalid_request for an `If-None-Match` that is not well-formed; such an `If-Match`
// matches nothing.
Result<VersionCondition> version_condition(const http::Request& request);

// Whose orders the caller may see: their own, an administrator everybody's. REQUIRES: admitted.
std::optional<UserId> visible_buyer(const http::Request& request);
// Whom what the caller orders or holds counts for. REQUIRES: admitted.
Origin origin_of(const http::Request& request);
// As what the caller is written down. REQUIRES: admitted.
Actor actor_of(const http::Request& request);

// The token of `Authorization: Bearer`, or nothing.
std::optional<std::string_view> bearer_token(const http::Request& request);

}  // namespace souk::api
