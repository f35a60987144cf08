// Decides which requests are served: implemented by `admission`, which sheds load and holds clients
// to their rates.
//
// Threading: one per worker, loop thread only. Ownership: outlives the dispatcher that asks it.
#pragma once

#include <chrono>
#include <optional>

#include "http/handler.h"

namespace souk::http {

class Gate {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Duration = Time::duration;

  Gate() = default;
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  virtual ~Gate() = default;

  // Asked when a request's head has arrived, before its client is authenticated and its body is
  // read. `waited`: how long it lay unread. Nothing: it is served, perhaps only from the cache
  // (context.cached_only). Otherwise the answer, whose `caching` fields outlive the server.
  virtual std::optional<Response> refuse(runtime::Context& context, const Request& request,
                                         const Route& route, Duration waited, Time now) = 0;
  // The answer to a request that was to be served from the cache and is not there.
  virtual Response refuse_uncached(const Route& route) = 0;
  // The same when request.principal is known; not asked on routes without one.
  virtual std::optional<Response> refuse_principal(const Request& request, const Route& route,
                                                   Time now) = 0;
  // Adds what the client should know of its limits to the response of a served request.
  virtual void inform(const Request& request, const Route& route, Response& response) = 0;
};

}  // namespace souk::http
