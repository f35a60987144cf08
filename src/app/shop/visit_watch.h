// Tells statistics::Visits of the requests of customers' sessions.
// Threading: one per worker, loop thread only. Ownership: borrows its argument, which outlives it.
#pragma once

#include "http/observer.h"
#include "statistics/visits.h"

namespace souk::app {

class VisitWatch final : public http::Observer {
 public:
  explicit VisitWatch(statistics::Visits& visits) : visits_(visits) {}

  // Of administrators and load testers there are no visits.
  void answered(const http::Request& request, const http::Route& route, int status, Duration took,
                Time now) override;

 private:
  statistics::Visits& visits_;
};

}  // namespace souk::app
