// /api/reservations.
// Threading: one per worker. Ownership: borrows its arguments, which outlive it.
#pragma once

#include "api/operation/routes.h"
#include "api/reservations/types.h"
#include "checkout/reservations.h"

namespace souk::api {

class ReservationRoutes {
 public:
  explicit ReservationRoutes(checkout::Reservations& reservations) : reservations_(reservations) {}

  void add_to(Routes& routes);
  static void list_operations(std::vector<const Operation*>& operations);

 private:
  // Calls `add` with each operation and its handler.
  static void each(auto add);

  Answer hold(runtime::Context& context, const http::Request& request, StockHold wanted);
  Answer list(runtime::Context& context, const http::Request& request);
  Answer get(runtime::Context& context, const http::Request& request);
  Answer change(runtime::Context& context, const http::Request& request, StockHoldChange wanted);
  Answer release(runtime::Context& context, const http::Request& request);

  checkout::Reservations& reservations_;
};

}  // namespace souk::api
