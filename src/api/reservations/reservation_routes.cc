#include "api/reservations/reservation_routes.h"

#include "api/operation/parameters.h"
#include "api/reservations/operations.h"
#include "api/wire/wire.h"
#include "checkout/rules.h"

namespace souk::api {

using http::Request;
using runtime::Context;

void ReservationRoutes::each(auto add) {
  add(kHoldStock, &ReservationRoutes::hold);
  add(kListReservations, &ReservationRoutes::list);
  add(kGetReservation, &ReservationRoutes::get);
  add(kChangeReservation, &ReservationRoutes::change);
  add(kReleaseReservation, &ReservationRoutes::release);
}

void ReservationRoutes::add_to(Routes& routes) {
  each([&](const Operation& operation, auto handler) { routes.add(operation, *this, handler); });
}

void ReservationRoutes::list_operations(std::vector<const Operation*>& operations) {
  each([&](const Operation& operation, auto) { operations.push_back(&operation); });
}

Answer ReservationRoutes::hold(Context& context, const Request& request, StockHold wanted) {
  if (const auto valid = checkout::rules::check_lines(wanted.lines); !valid) {
    co_return std::unexpected(valid.error());
  }
  std::optional<std::chrono::seconds> time;
  if (wanted.seconds) time = std::chrono::seconds(*wanted.seconds);
  const auto outcome =
      co_await reservations_.hold(context, UserId{request.principal->id},
                                  checkout::rules::joined(wanted.lines), time, origin_of(request));
  if (!outcome) co_return std::unexpected(outcome.error());
  if (const auto* const shortages = std::get_if<std::vector<inventory::Shortage>>(&*outcome)) {
    co_return out_of_stock(*shortages, "too few units are left; nothing is held");
  }
  const auto& reservation = std::get<inventory::Reservation>(*outcome);
  auto response = http::json(201, body_of(reservation));
  response.headers.add("Location", "/api/reservations/" + reservation.id.value.to_string());
  co_return response;
}

Answer ReservationRoutes::list(Context& context, const Request& request) {
  co_return http::json(
      200, page_of(co_await reservations_.list(context, UserId{request.principal->id})));
}

Answer ReservationRoutes::change(Context& context, const Request& request, StockHoldChange wanted) {
  const auto id = id_in_path<ReservationId>(request);
  if (!id) co_return std::unexpected(id.error());
  checkout::HoldChange change{.lines = {}, .seconds = wanted.seconds};
  if (wanted.lines) {
    if (const auto valid = checkout::rules::check_lines(*wanted.lines); !valid) {
      co_return std::unexpected(valid.error());
    }
    change.lines = checkout::rules::joined(*wanted.lines);
  }
  const auto outcome = co_await reservations_.change(context, *id, UserId{request.principal->id},
                                                     std::move(change), origin_of(request));
  if (!outcome) co_return std::unexpected(outcome.error());
  if (const auto* const shortages = std::get_if<std::vector<inventory::Shortage>>(&*outcome)) {
    co_return out_of_stock(*shortages, "too few units are left; nothing is changed");
  }
  co_return http::json(200, body_of(std::get<inventory::Reservation>(*outcome)));
}

Answer ReservationRoutes::get(Context& context, const Request& request) {
  const auto id = id_in_path<ReservationId>(request);
  if (!id) co_return std::unexpected(id.error());
  const auto found = co_await reservations_.find(context, *id, UserId{request.principal->id});
  if (!found) co_return std::unexpected(found.error());
  co_return http::json(200, body_of(*found));
}

Answer ReservationRoutes::release(Context& context, const Request& request) {
  const auto id = id_in_path<ReservationId>(request);
  if (!id) co_return std::unexpected(id.error());
  const auto done = co_await reservations_.release(context, *id, UserId{request.principal->id});
  if (!done) co_return std::unexpected(done.error());
  co_return http::no_content();
}

}  // namespace souk::api
