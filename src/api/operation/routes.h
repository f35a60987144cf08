// Binds operations to their handlers: member coroutines of the resource's group that return a
// response or an error. The declared input is read first and passed as arguments:
//
//   Answer get(Context&, const Request&);
//   Answer list(Context&, const Request&, ProductListing);           // query
//   Answer create(Context&, const Request&, ProductDraft);           // takes = body<ProductDraft>
//   Answer place(Context&, const Request&, IdempotencyKey, PlaceOrder);  // and is_idempotent
//
// Threading: one worker. Ownership: a route borrows its group and the reader, which outlive it.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "api/operation/errors.h"
#include "api/operation/operation.h"
#include "api/wire/json_input.h"
#include "api/wire/query.h"
#include "http/router.h"

namespace souk::api {

using Answer = runtime::Task<Result<http::Response>>;

// The client's Idempotency-Key, if any.
struct IdempotencyKey {
  std::optional<std::string> value;
};

// Errors: invalid_request when it is empty, too long or not printable ASCII.
Result<IdempotencyKey> idempotency_key(const http::Request& request);
// Marks the response as the stored answer of an earlier request with the same key.
http::Response replayed(http::Response response, bool is_replay);

template <class Group>
using Handler = Answer (Group::*)(runtime::Context&, const http::Request&);
template <class Group, class T>
using BodyHandler = Answer (Group::*)(runtime::Context&, const http::Request&, T);
template <class Group, class T>
using KeyHandler = Answer (Group::*)(runtime::Context&, const http::Request&, IdempotencyKey, T);

class Routes {
 public:
  Routes(http::Routers& routers, JsonInput& json) : routers_(routers), json_(json) {}

  template <class Group>
  void add(const Operation& operation, Group& group, Handler<Group> handler) {
    SOUK_ASSERT(operation.query == nullptr);
    add(operation, [&group, handler](runtime::Context& context, const http::Request& request) {
      return respond((group.*handler)(context, request));
    });
  }
  template <class Group, DescribedQuery T>
  void add(const Operation& operation, Group& group, BodyHandler<Group, T> handler) {
    SOUK_ASSERT(operation.query == &kComponent<T>);
    add(operation, [&group, handler](runtime::Context& context, const http::Request& request) {
      return respond_to_query(group, handler, context, request);
    });
  }
  template <class Group, class T>
  void add(const Operation& operation, Group& group, BodyHandler<Group, T> handler) {
    SOUK_ASSERT(operation.query == nullptr);
    SOUK_ASSERT(operation.takes.component == &kComponent<T> && !operation.is_idempotent);
    add(operation,
        [&group, handler, &json = json_](runtime::Context& context, const http::Request& request) {
          return respond(group, handler, json, context, request);
        });
  }
  template <class Group, class T>
  void add(const Operation& operation, Group& group, KeyHandler<Group, T> handler) {
    SOUK_ASSERT(operation.takes.component == &kComponent<T> && operation.is_idempotent);
    add(operation,
        [&group, handler, &json = json_](runtime::Context& context, const http::Request& request) {
          return respond(group, handler, json, context, request);
        });
  }

 private:
  void add(const Operation& operation, http::Handler handler);

  static runtime::Task<http::Response> respond(Answer answer);
  template <class Group, class T>
  static runtime::Task<http::Response> respond_to_query(Group& group, BodyHandler<Group, T> handler,
                                                        runtime::Context& context,
                                                        const http::Request& request) {
    auto query = read_query<T>(request.query_parameters);
    if (!query) co_return problem_of(query.error());
    co_return response_of(co_await (group.*handler)(context, request, *std::move(query)));
  }
  template <class Group, class T>
  static runtime::Task<http::Response> respond(Group& group, BodyHandler<Group, T> handler,
                                               JsonInput& json, runtime::Context& context,
                                               const http::Request& request) {
    auto body = read_body<T>(json, request);
    if (!body) co_return problem_of(body.error());
    co_return response_of(co_await (group.*handler)(context, request, *std::move(body)));
  }
  template <class Group, class T>
  static runtime::Task<http::Response> respond(Group& group, KeyHandler<Group, T> handler,
                                               JsonInput& json, runtime::Context& context,
                                               const http::Request& request) {
    auto key = idempotency_key(request);
    if (!key) co_return problem_of(key.error());
    auto body = read_body<T>(json, request);
    if (!body) co_return problem_of(body.error());
    co_return response_of(
        co_await (group.*handler)(context, request, *std::move(key), *std::move(body)));
  }
  static http::Response response_of(Result<http::Response> result) {
    return result ? *std::move(result) : problem_of(result.error());
  }

  http::Routers& routers_;
  JsonInput& json_;
};

}  // namespace souk::api
