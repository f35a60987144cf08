#include "api/operation/parameters.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "api/operation/access.h"
#include "api/wire/query.h"
#include "base/parse.h"
#include "http/accept.h"
#include "http/coding/coding.h"
#include "http/conditional.h"
#include "http/error_codes.h"

namespace souk::api {
namespace {

using Etags = std::vector<std::string_view>;

// Adds the version of the tag; ignores other tags.
void add_version(std::string_view etag, std::vector<std::int64_t>& versions) {
  // The tag of a compressed representation names the same version.
  const auto tag = http::without_coding(http::opaque_tag(etag));
  const auto version = parse_integer(tag);
  if (version && *version >= 0 && std::to_string(*version) == tag) versions.push_back(*version);
}

}  // namespace

Result<std::size_t> wanted_type(const http::Request& request,
                                std::span<const std::string_view> offered) {
  if (const auto type = http::preferred_type(request.headers, offered)) return *type;
  return fail(http::errors::kNotAcceptable,
              fmt::format("can be had as {}", fmt::join(offered, ", ")));
}

Result<VersionCondition> version_condition(const http::Request& request) {
  VersionCondition condition;
  for (const auto& [name, value] : request.headers) {
    const auto etags = http::read_etags(value);
    if (http::equals_ignoring_case(name, "If-Match") && value != "*") {
      if (!condition.among) condition.among.emplace();
      for (const auto etag : etags.value_or(Etags())) {
        if (!etag.starts_with("W/")) add_version(etag, *condition.among);
      }
    } else if (http::equals_ignoring_case(name, "If-None-Match")) {
      if (value == "*") {
        condition.among.emplace();
        return condition;
      }
      if (!etags) return refuse_parameter("If-None-Match", "must be * or a list of entity tags");
      for (const auto etag : *etags) add_version(etag, condition.not_among);
    }
  }
  return condition;
}

std::optional<UserId> visible_buyer(const http::Request& request) {
  if (request.principal->access == kAdmin) return std::nullopt;
  return UserId{request.principal->id};
}

Origin origin_of(const http::Request& request) {
  return {.limited = request.principal->is_limited, .network = key_of(request.client)};
}

Actor actor_of(const http::Request& request) {
  const bool admin = request.principal->access == kAdmin;
  return {admin ? ActorKind::kAdmin : ActorKind::kCustomer, request.principal->id};
}

std::optional<std::string_view> bearer_token(const http::Request& request) {
  constexpr std::string_view kScheme = "Bearer ";
  const auto field = request.headers.find("Authorization");
  if (!field || request.headers.count("Authorization") > 1) return std::nullopt;
  if (!http::equals_ignoring_case(field->substr(0, kScheme.size()), kScheme)) return std::nullopt;
  return field->substr(std::min(field->size(), field->find_first_not_of(' ', kScheme.size())));
}

}  // namespace souk::api
