// The queries of requests for the audit log.
// Threading: constants.
#pragma once

#include "accounts/audit.h"
#include "api/wire/query.h"

namespace souk::api {

struct AuditFilter {
  std::optional<UserId> user;
  std::optional<std::string> action;
  std::optional<TimeOrDate> from;
  std::optional<TimeOrDate> to;
};

struct AuditListing : AuditFilter {
  std::size_t limit = accounts::audit::kDefaultPageSize;
  std::optional<std::string> cursor;
};

template <class T>
inline constexpr auto kAuditFields = std::tuple{
    field("user", &T::user, {.meaning = "Only of this user.", .presence = Presence::kOptional}),
    field("action", &T::action,
          {.meaning = "Only this operation, such as `signIn`.", .presence = Presence::kOptional}),
    field("from", &T::from,
          {.meaning = "Only at this time or later: RFC 3339, or a date.",
           .presence = Presence::kOptional,
           .example = R"("2026-01-31T00:00:00Z")"}),
    field("to", &T::to,
          {.meaning = "Only before this time: RFC 3339, or a date.",
           .presence = Presence::kOptional,
           .example = R"("2026-01-31T00:00:00Z")"})};

template <>
inline constexpr auto describe<AuditFilter> = query_object(kAuditFields<AuditFilter>);
template <>
inline constexpr auto describe<AuditListing> =
    query_object(std::tuple_cat(kAuditFields<AuditListing>, kPageFields<AuditListing>));

}  // namespace souk::api
