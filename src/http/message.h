// Requests and responses as handlers see them, for every protocol version.
//
// Threading: belong to one worker.
// Ownership: a Request holds views into the connection's buffer, valid until the response has been
// sent; copy what must live longer. A Response owns its content.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/client_network.h"
#include "base/uuid.h"
#include "http/body.h"
#include "http/headers.h"
#include "http/uri.h"
#include "telemetry/trace.h"

namespace souk::http {

class IncomingBody;

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

inline constexpr std::size_t kMaxPathParameters = 4;

// The values of a route's {names}, percent-decoded. Filled by the router.
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

// Who may call a route, and the rights of a caller. The application adds its own values; this
// module only distinguishes routes that are open to everybody.
enum class Access : std::uint8_t { kEverybody = 0 };

// The caller, as Hooks::admit identified it.
struct Principal {
  Uuid id;
  Access access = Access::kEverybody;
  bool is_limited = true;  // per-user and per-network limits apply
};

// The peer of a connection; made by ClientRules.
struct Peer {
  IpAddress address;
  ClientNetwork network;  // none for loopback, trusted addresses and trusted proxies
  bool is_proxy = false;  // a trusted one
  bool secure = false;    // by TLS
};

struct Request {
  Method method = Method::kGet;
  std::string_view method_text;
  std::string_view target;     // as sent
  std::string_view path;       // of the target; begins with '/', or is "*" (OPTIONS only)
  std::string_view query;      // of the target, without the '?'
  std::string_view authority;  // of the target, or else the Host field
  Headers headers;
  std::string_view body;             // whole and decoded
  IncomingBody* arriving = nullptr;  // instead of body, for routes that take pieces
  PathParameters parameters;
  QueryParameters query_parameters;  // the query, parsed
  Peer peer;                         // of the socket; may be a proxy
  ClientNetwork client;              // the client that per-client limits count; see ClientRules
  telemetry::RequestIds ids{};
  std::optional<Principal> principal;  // set by Hooks::admit
};

struct Response {
  int status = 200;
  std::string_view content_type = {};  // static text; empty: no Content-Type
  std::string etag = {};               // with its quotes; makes GET and HEAD conditional
  HeaderList headers = {};
  bool is_coded = false;  // the handler chose the content coding: Content-Encoding, Vary, ETag
  // Cache-Control fields, or null; they outlive the server. Only public responses set them: the
  // dispatcher sets those of all others.
  const PreparedHeaders* caching = nullptr;
  // Fields of every response, which the dispatcher sets (header_policy.h, cors.h); null: the
  // default.
  const PreparedHeaders* common = nullptr;
  Body body = {};
};

inline constexpr std::string_view kJsonType = "application/json";

Response json(int status, Buffer body);
// With bytes shared with other responses, from a cache.
Response json(int status, Body::Shared body);
Response text(int status, std::string body);
Response stream(int status, std::string_view content_type, std::unique_ptr<BodyStream> body);
Response no_content();

// The reason phrase of RFC 9110 section 15; empty for a status it does not name.
std::string_view reason_phrase(int status);

}  // namespace souk::http
