// The single declaration of an operation: method, path, access, cost, input, answers and refusals.
// Its route and its part of the OpenAPI document are derived from it.
//
// An operation is a constant of static storage, written with designated initialisers.
// Threading: constants.
#pragma once

#include <initializer_list>
#include <optional>
#include <vector>

#include "api/operation/access.h"
#include "api/wire/schema.h"
#include "base/error.h"
#include "http/handler.h"

namespace souk::api {

// The resource that an operation belongs to.
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

// A header field, or a path parameter that is not an id.
struct Parameter {
  enum class In : std::uint8_t { kQuery, kPath, kHeader };

  std::string_view name;
  In in = In::kHeader;
  Type::Kind kind = Type::Kind::kString;
  Facets facets = {};
};

// The JSON body of the request, or one of other media types that its handler reads in pieces.
struct Body {
  const Component* component = nullptr;  // null: none
  std::size_t max_bytes = 0;
  std::span<const std::string_view> types = {};  // instead of JSON
};
template <Described T>
constexpr Body body(std::size_t max_bytes) {
  return {&kComponent<T>, max_bytes};
}
// Pieces of a body made of T.
template <Described T>
constexpr Body pieces_of(std::span<const std::string_view> types, std::size_t max_bytes) {
  return {&kComponent<T>, max_bytes, types};
}

// Header fields of an answer.
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
  const Component* component = nullptr;  // for kOne, and for the items of kPage and kArray
  bool is_whole = false;                 // a kPage without a next page
  Fields fields = {};
  std::span<const std::string_view> also_as = {};  // media types in addition to JSON
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
// All items, in the form of a page.
template <Described T>
constexpr Reply all(std::string_view meaning, Fields fields = {}) {
  auto reply = page<T>(meaning, fields);
  reply.is_whole = true;
  return reply;
}
constexpr Reply nothing(std::string_view meaning) { return {.status = 204, .meaning = meaning}; }

// An error code of the operation, in addition to those derived from the declaration.
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
  std::optional<http::Quota> quota = std::nullopt;  // nothing: by access and method
  http::ServedOn served_on = http::ServedOn::kShop;
  std::uint32_t statements = 0;               // maximum of SQL statements, authentication included
  std::string_view streamed_statements = {};  // after the first byte of a stream
  const Component* query = nullptr;           // of its query parameters; null: none
  std::initializer_list<const Parameter*> parameters = {};
  Body takes = {};
  bool has_etag = false;       // reads: answers 304; changes: honours If-Match
  bool is_idempotent = false;  // honours Idempotency-Key
  std::initializer_list<Reply> answers;
  std::initializer_list<Refusal> refusals = {};
};

// Whether an answer has a secret member, however deep. Such answers are never compressed.
bool holds_secrets(const Operation& operation);

// The route without its handler.
http::Route route_of(const Operation& operation);

}  // namespace souk::api
