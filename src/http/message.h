// Requests and responses as handlers see them, whatever protocol version brought them.
//
// Threading: belong to one worker.
// Ownership: a Request is views into the connection's buffer, valid until the response has been
// sent; what is kept longer must be copied. A Response owns what it says.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.h"
#include "base/client_network.h"
#include "base/uuid.h"
#include "http/body.h"
#include "http/uri.h"
#include "telemetry/trace.h"

namespace souk::http {

enum class Method : std::uint8_t {
  kGet,
  kHead,
  kPost,
  kPut,
  kPatch,
  kDelete,
  kOptions,
  kOther,  // any other token; its text is in Request::method_text
};
inline constexpr std::size_t kMethods = 8;

// Case-sensitive (RFC 9110 section 9.1).
Method parse_method(std::string_view text);
std::string_view method_name(Method method);  // "OTHER" for kOther

// ASCII letters compare without case (RFC 9110 section 5.1).
bool equals_ignoring_case(std::string_view a, std::string_view b);

struct HeaderField {
  std::string_view name;
  std::string_view value;  // without the white space around it
};

// The header fields of a request, in the order they came.
class Headers {
 public:
  // The first field of that name.
  std::optional<std::string_view> find(std::string_view name) const;
  std::size_t count(std::string_view name) const;

  void add(std::string_view name, std::string_view value) { fields_.push_back({name, value}); }
  void clear() { fields_.clear(); }
  std::size_t size() const { return fields_.size(); }
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }

 private:
  std::vector<HeaderField> fields_;
};

inline constexpr std::size_t kMaxPathParameters = 4;

// What stands in the places of a route's {names}, percent-decoded. Filled by the router.
class PathParameters {
 public:
  // REQUIRES: the route has a parameter of that name.
  std::string_view operator[](std::string_view name) const;
  std::size_t size() const { return size_; }

 private:
  friend class Router;
  struct Parameter {
    std::string_view name;
    std::string_view value;
  };
  std::array<Parameter, kMaxPathParameters> parameters_;
  std::size_t size_ = 0;
  std::string decoded_;  // holds the values that needed decoding
};

// Who may call a route, and what somebody has proved to be.
enum class Access : std::uint8_t { kPublic, kUser, kAdmin };

struct Principal {
  Uuid id;
  Access access = Access::kUser;
  bool is_load_test = false;  // not held by the limits of users and networks
};

struct Request {
  Method method = Method::kGet;
  std::string_view method_text;
  std::string_view target;     // as it was sent
  std::string_view path;       // of the target; begins with '/', or is "*" (OPTIONS only)
  std::string_view query;      // of the target, without the '?'
  std::string_view authority;  // of the target, or else the Host field
  Headers headers;
  std::string_view body;  // whole and decoded
  PathParameters parameters;
  QueryParameters query_parameters;  // of the query; those the route knows
  IpAddress peer;                    // of the socket: a proxy's, perhaps
  ClientNetwork client;              // whom limits for each client count; see ClientRules
  telemetry::RequestIds ids{};
  std::optional<Principal> principal;  // set by Hooks::admit
};

// The header fields of a response, kept as they go over the wire. What the server itself answers
// for (Content-Length, Content-Type, ETag, Date, Connection, X-Request-Id) is not set here.
class HeaderList {
 public:
  // Control characters in the value become spaces: no value can forge a field.
  void add(std::string_view name, std::string_view value);
  // The first field of that name; valid until the next add().
  std::optional<std::string_view> find(std::string_view name) const;
  // "Name: value\r\n" for each field.
  std::string_view lines() const { return lines_.view(); }

 private:
  Buffer lines_;
};

struct Response {
  int status = 200;
  std::string_view content_type = {};  // static text; empty: no such field
  std::string etag = {};               // with its quotes; makes GET and HEAD conditional
  HeaderList headers = {};
  // Fields for caches, as they go over the wire ("Name: value\r\n"): static text, or as long-lived.
  // Only what everybody sees has its own: the dispatcher sets those of all other responses.
  std::string_view fixed_lines = {};
  Body body = {};
};

inline constexpr std::string_view kRevalidate = "Cache-Control: no-cache\r\n";
inline constexpr std::string_view kNeverStore = "Cache-Control: no-store\r\n";
inline constexpr std::string_view kJsonType = "application/json";

Response json(int status, Buffer body);
// Bytes that other responses share: a finished response out of a cache.
Response json(int status, Body::Shared body);
Response text(int status, std::string body);
Response stream(int status, std::string_view content_type, std::unique_ptr<BodyStream> body);
Response no_content();

// The reason phrase of RFC 9110 section 15; empty for a status it does not name.
std::string_view reason_phrase(int status);

}  // namespace souk::http
