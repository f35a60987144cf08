// An operation, said once: how it is asked, by whom, what it may cost, what it takes and answers,
// and how it is refused. Its route and its part of the OpenAPI document are made of it.
//
// An operation is a constant of static storage, written with the names of the members.
// Threading: constants.
#pragma once

#include <initializer_list>
#include <vector>

#include "api/operation/access.h"
#include "api/wire/schema.h"
#include "base/error.h"
#include "http/handler.h"

namespace souk::api {

// Which of the shop's resources an operation is of.
enum class Tag : std::uint8_t {
  kProducts,
  kUsers,
  kSessions,
  kOrders,
  kPayments,
  kWebhooks,
  kCache,
  kJobs,
  kMeta,
};

// A parameter of the query, a header field, or one of the path that is not an id.
struct Parameter {
  enum class In : std::uint8_t { kQuery, kPath, kHeader };

  std::string_view name;
  In in = In::kQuery;
  Type::Kind kind = Type::Kind::kString;
  Facets facets = {};
};

// The JSON body that it takes.
struct Body {
  const Component* component = nullptr;  // null: none
  std::size_t max_bytes = 0;
};
template <Described T>
constexpr Body body(std::size_t max_bytes) {
  return {&kComponent<T>, max_bytes};
}

// Header fields that an answer has.
struct Fields {
  bool location = false;
  bool content_location = false;
  bool etag = false;
};

struct Reply {
  enum class Shape : std::uint8_t { kNothing, kOne, kPage, kArray, kAnyObject };

  int status = 200;
  std::string_view meaning = {};
  Shape shape = Shape::kNothing;
  const Component* component = nullptr;  // of kOne, and of the items of kPage and kArray
  bool is_whole = false;                 // a kPage that has no next one
  Fields fields = {};
  std::span<const std::string_view> also_as = {};  // media types, beside JSON
};

template <Described T>
constexpr Reply one(int status, std::string_view meaning, Fields fields = {}) {
  return {.status = status,
          .meaning = meaning,
          .shape = Reply::Shape::kOne,
          .component = &kComponent<T>,
          .fields = fields};
}
template <Described T>
constexpr Reply page(std::string_view meaning, Fields fields = {}) {
  return {.meaning = meaning,
          .shape = Reply::Shape::kPage,
          .component = &kComponent<T>,
          .fields = fields};
}
// All there are, in the form of a page.
template <Described T>
constexpr Reply all(std::string_view meaning, Fields fields = {}) {
  auto reply = page<T>(meaning, fields);
  reply.is_whole = true;
  return reply;
}
constexpr Reply nothing(std::string_view meaning) { return {.status = 204, .meaning = meaning}; }

// A code that it is refused with, beside those that follow from the rest of the declaration.
struct Refusal {
  ErrorCode code;
  std::string_view when;
};

struct Operation {
  std::string_view name;  // operation id
  Tag tag;
  std::string_view summary;
  std::string_view description = {};
  http::Method method = http::Method::kGet;
  std::string_view path;
  http::Access access = kPublic;
  http::Priority priority = http::Priority::kBrowse;
  http::ServedOn served_on = http::ServedOn::kShop;
  std::uint32_t statements = 0;               // SQL statements at most, authentication included
  std::string_view streamed_statements = {};  // those after the first byte of a stream
  std::initializer_list<const Parameter*> parameters = {};
  Body takes = {};
  bool has_etag = false;       // of a read: 304 where it is known; of a change: honours If-Match
  bool is_idempotent = false;  // honours Idempotency-Key
  std::initializer_list<Reply> answers;
  std::initializer_list<Refusal> refusals = {};
};

// All but the handler.
http::Route route_of(const Operation& operation);

}  // namespace souk::api
