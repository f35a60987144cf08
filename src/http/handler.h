// What answers a request: a handler behind a route, and the hooks the application puts around all
// of them.
//
// Threading: everything here belongs to one worker and runs on its loop.
// Ownership: what a handler borrows outlives the server that calls it.
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

// Context and request outlive the task, and the stream it may have answered with. Not a coroutine
// lambda with captures: let the function object call a member coroutine.
using Handler = std::function<runtime::Task<Response>(runtime::Context&, const Request&)>;

// Whether a route takes a body: none, and what says anything is refused; whole; or piece by piece,
// by Request::arriving.
enum class Takes : std::uint8_t { kNothing, kBody, kPieces };

// What a request is for, the most important first: a label of its metrics, and what admission will
// go by under overload.
enum class Priority : std::uint8_t {
  kPayment,
  kOrder,
  kHold,
  kAccount,
  kBrowse,
  kExport,
  kOperator,
};
inline constexpr std::array<std::string_view, 7> kPriorityNames = {
    "payment", "order", "hold", "account", "browse", "export", "operator"};

// Which of the server's addresses a route is served on.
enum class ServedOn : std::uint8_t { kShop, kOperator };

// To be written with the names of its members.
struct Route {
  Method method = Method::kGet;  // kGet serves HEAD too; OPTIONS is answered by the server
  // "/api/products/{id}": a parameter is one whole, non-empty segment. The last one may be
  // "{name...}": all that follows, slashes included, which may be nothing.
  std::string path = {};
  Handler handler = {};
  std::string name = {};  // operation id, e.g. "getProduct"
  Access access = Access::kEverybody;
  Priority priority = Priority::kBrowse;
  ServedOn served_on = ServedOn::kShop;
  std::uint32_t statement_budget = 0;  // SQL statements it may run; more is logged and counted
  Takes takes = Takes::kNothing;
  std::vector<std::string_view> query = {};  // its parameters, static text; any other is refused
  // A change of what has an ETag: the handler honours If-Match and If-None-Match.
  bool conditional = false;
  std::optional<std::size_t> max_body_bytes = std::nullopt;  // in place of the server's
};

// The application's part in the life of every request.
class Hooks {
 public:
  Hooks() = default;
  Hooks(const Hooks&) = delete;
  Hooks& operator=(const Hooks&) = delete;
  virtual ~Hooks() = default;

  // Called before the handler of a route that is not for everybody: sets request.principal, or
  // answers in the handler's place. May throw as a handler may.
  virtual runtime::Task<std::optional<Response>> admit(runtime::Context& context, Request& request,
                                                       const Route& route) = 0;

  // What the client is told about an exception that left a handler or admit(). Does not throw.
  virtual Response on_exception(const Request& request, const std::exception_ptr& exception) = 0;
};

}  // namespace souk::http
