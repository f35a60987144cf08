// /api/reservations.
// Threading: one per worker. Ownership: borrows what it is made from, which outlives it.
#pragma once

#include "api/operation.h"
#include "checkout/reservations.h"

namespace souk::api {

class JsonInput;

class ReservationRoutes {
 public:
  ReservationRoutes(checkout::Reservations& reservations, JsonInput& json)
      : reservations_(reservations), json_(json) {}

  void add_to(http::Routers& routers);

 private:
  Answer hold(runtime::Context& context, const http::Request& request);
  Answer get(runtime::Context& context, const http::Request& request);
  Answer release(runtime::Context& context, const http::Request& request);

  checkout::Reservations& reservations_;
  JsonInput& json_;
};

}  // namespace souk::api
