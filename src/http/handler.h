// Handlers, the routes that lead to them, and the hooks that the application runs around them.
//
// Threading: everything here belongs to one worker and runs on its loop.
// Ownership: objects that a handler borrows outlive the server.
#pragma once

#include <array>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::http {

// Context and request outlive the task and a stream that it returns. Must not be a coroutine lambda
// with captures: let the function object call a member coroutine.
using Handler = std::function<runtime::Task<Response>(runtime::Context&, const Request&)>;

// Whether a route takes a body: none (a non-empty one is refused); whole; or in pieces, by
// Request::arriving.
enum class Takes : std::uint8_t { kNothing, kBody, kPieces };

// A request's purpose, the most important first: a label of its metrics, and the order of admission
// under overload.
enum class Priority : std::uint8_t {
  kPayment,
  kOrder,
  kHold,
  kAccount,
  kBrowse,
  kList,  // lists and searches: many rows for one answer
  kExport,
  kOperator,
};
inline constexpr std::array<std::string_view, 8> kPriorityNames = {
    "payment", "order", "hold", "account", "browse", "list", "export", "operator"};

// Which rate limit counts a request.
enum class Quota : std::uint8_t { kReads, kChanges, kSignIn, kRegistration, kAdmin };
inline constexpr std::array<std::string_view, 5> kQuotaNames = {"reads", "changes", "sign_in",
                                                                "registration", "admin"};

// Which of the server's addresses a route is served on.
enum class ServedOn : std::uint8_t { kShop, kOperator };

// Use designated initialisers.
struct Route {
  Method method = Method::kGet;  // kGet serves HEAD too; OPTIONS is answered by the server
  // "/api/products/{id}": a parameter is one whole, non-empty segment. The last one may be
  // "{name...}": the rest of the path, slashes included, possibly empty.
  std::string path = {};
  Handler handler = {};
  std::string name = {};  // operation id, e.g. "getProduct"
  Access access = Access::kEverybody;
  Priority priority = Priority::kBrowse;
  Quota quota = Quota::kReads;
  ServedOn served_on = ServedOn::kShop;
  std::uint32_t statement_budget = 0;  // SQL statements per request; excess is logged and counted
  Takes takes = Takes::kNothing;
  std::vector<std::string_view> query = {};  // known parameters, static text; others are refused
  // Changes a resource with an ETag: the handler honours If-Match and If-None-Match.
  bool conditional = false;
  std::optional<std::size_t> max_body_bytes = std::nullopt;  // overrides the server's
  bool holds_secrets = false;  // its responses are never compressed: coding/README.md
};

// The application's steps around every handler.
class Hooks {
 public:
  Hooks() = default;
  Hooks(const Hooks&) = delete;
  Hooks& operator=(const Hooks&) = delete;
  virtual ~Hooks() = default;

  // Called before the handler of a route that needs a principal: sets request.principal, or returns
  // the response in the handler's place. May throw as a handler may.
  virtual runtime::Task<std::optional<Response>> admit(runtime::Context& context, Request& request,
                                                       const Route& route) = 0;

  // The response for an exception thrown by a handler or by admit(). Does not throw.
  virtual Response on_exception(const Request& request, const std::exception_ptr& exception) = 0;
};

}  // namespace souk::http
