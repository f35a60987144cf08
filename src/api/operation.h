// What a handler of the API is in its simplest form: a member coroutine that hands back a response
// or an error, and what is done around each of them.
// Threading: one worker. Ownership: a route borrows its group, which outlives the router.
#pragma once

#include <optional>
#include <utility>

#include "api/access.h"
#include "api/errors.h"
#include "base/error.h"
#include "http/router.h"

namespace souk::api {

using Answer = runtime::Task<Result<http::Response>>;

template <class Group>
using Operation = Answer (Group::*)(runtime::Context&, const http::Request&);

inline runtime::Task<http::Response> respond(Answer answer) {
  auto result = co_await std::move(answer);
  co_return result ? *std::move(result) : problem_of(result.error());
}

// Adds `route` with `operation` of `group` behind it.
template <class Group>
void add_operation(http::Routers& routers, Group& group, Operation<Group> operation,
                   http::Route route) {
  route.handler = [&group, operation](runtime::Context& context, const http::Request& request) {
    return respond((group.*operation)(context, request));
  };
  routers.add(std::move(route));
}

}  // namespace souk::api
