// Told of the requests with credentials that were answered: for counts across a client's requests.
//
// Threading: one per worker, loop thread only. Ownership: outlives the dispatcher that tells it.
#pragma once

#include <chrono>

#include "http/handler.h"

namespace souk::http {

class Observer {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Duration = Time::duration;

  Observer() = default;
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;
  virtual ~Observer() = default;

  // A request of a route that has an Authorization field was answered at `now`, and not because of
  // load. `took`: as the metrics have it.
  virtual void answered(const Request& request, const Route& route, int status, Duration took,
                        Time now) = 0;
};

}  // namespace souk::http
