// What a handler of the API is in its simplest form: a member coroutine that hands back a response
// or an error, and what is done around each of them.
// Threading: one worker. Ownership: a route borrows its group, which outlives the router.
#pragma once

#include <optional>
#include <string_view>
#include <utility>

#include "api/errors.h"
#include "base/error.h"
#include "http/router.h"

namespace souk::api {

using Answer = runtime::Task<Result<http::Response>>;

template <class Group>
using Operation = Answer (Group::*)(runtime::Context&, const http::Request&);

// What caches may do where a handler says nothing of it: what everybody sees is kept but asked
// about each time, the rest never kept.
inline constexpr std::string_view kRevalidate = "Cache-Control: no-cache\r\n";
inline constexpr std::string_view kNeverStore = "Cache-Control: no-store\r\n";

inline runtime::Task<http::Response> respond(Answer answer, std::string_view cache_control) {
  auto result = co_await std::move(answer);
  auto response = result ? *std::move(result) : problem_of(result.error());
  if (response.fixed_lines.empty()) response.fixed_lines = cache_control;
  co_return response;
}

// Adds `route` with `operation` of `group` behind it.
template <class Group>
void add_operation(http::Router& router, Group& group, Operation<Group> operation,
                   http::Route route) {
  const bool shared = route.method == http::Method::kGet && route.access == http::Access::kPublic;
  const auto cache_control = shared ? kRevalidate : kNeverStore;
  route.handler = [&group, operation, cache_control](runtime::Context& context,
                                                     const http::Request& request) {
    return respond((group.*operation)(context, request), cache_control);
  };
  router.add(std::move(route));
}

}  // namespace souk::api
