// Strict parsing of path and header fields.
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
#include "http/message.h"

namespace souk::api {

// A path parameter. Errors: not_found for a malformed id.
template <class TheId>
Result<TheId> id_in_path(const http::Request& request, std::string_view name = "id") {
  if (const auto id = Uuid::parse(request.parameters[name])) return TheId{*id};
  return fail(ErrorCode::kNotFound, "there is nothing with this id");
}

// The index of the preferred media type. Errors: not_acceptable when none is.
Result<std::size_t> wanted_type(const http::Request& request,
                                std::span<const std::string_view> offered);

// The version condition of a change, from `If-Match` and `If-None-Match` (RFC 9110 section 13.1).
// The resource exists, so `If-Match: *` always holds and `If-None-Match: *` never does. Errors:
// invalid_request for a malformed `If-None-Match`; a malformed `If-Match` matches nothing.
Result<VersionCondition> version_condition(const http::Request& request);

// The buyer whose orders the caller may see: themselves; nothing for an administrator, who sees
// all. REQUIRES: admitted.
std::optional<UserId> visible_buyer(const http::Request& request);
// The origin of the caller's orders and holds, for limits. REQUIRES: admitted.
Origin origin_of(const http::Request& request);
// The caller as a recorded actor. REQUIRES: admitted.
Actor actor_of(const http::Request& request);

// The token of `Authorization: Bearer`, or nothing.
std::optional<std::string_view> bearer_token(const http::Request& request);

}  // namespace souk::api
