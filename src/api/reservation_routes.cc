#include "api/reservation_routes.h"

#include "api/bodies.h"
#include "api/parameters.h"
#include "api/wire.h"
#include "checkout/rules.h"

namespace souk::api {

using http::Method;
using http::Priority;
using http::Request;
using http::Takes;
using runtime::Context;

namespace {

constexpr std::size_t kMaxHoldBytes = 32 * 1024;

}  // namespace

void ReservationRoutes::add_to(http::Routers& routers) {
  const auto add = [&](Operation<ReservationRoutes> operation, http::Route route) {
    route.max_body_bytes = kMaxHoldBytes;
    add_operation(routers, *this, operation, std::move(route));
  };
  const std::string all = "/api/reservations";
  const std::string one = "/api/reservations/{id}";
  using Routes = ReservationRoutes;
  add(&Routes::hold, {.method = Method::kPost,
                      .path = all,
                      .name = "holdStock",
                      .access = kUser,
                      .priority = Priority::kHold,
                      .statement_budget = 20,
                      .takes = Takes::kBody});
  add(&Routes::get, {.method = Method::kGet,
                     .path = one,
                     .name = "getReservation",
                     .access = kUser,
                     .priority = Priority::kHold,
                     .statement_budget = 2});
  add(&Routes::release, {.method = Method::kDelete,
                         .path = one,
                         .name = "releaseReservation",
                         .access = kUser,
                         .priority = Priority::kHold,
                         .statement_budget = 5});
}

Answer ReservationRoutes::hold(Context& context, const Request& request) {
  const auto wanted = read_body<StockHold>(json_, request);
  if (!wanted) co_return std::unexpected(wanted.error());
  if (const auto valid = checkout::rules::check_lines(wanted->lines); !valid) {
    co_return std::unexpected(valid.error());
  }
  std::optional<std::chrono::seconds> time;
  if (wanted->seconds) time = std::chrono::seconds(*wanted->seconds);
  const auto outcome =
      co_await reservations_.hold(context, UserId{request.principal->id},
                                  checkout::rules::joined(wanted->lines), time, origin_of(request));
  if (!outcome) co_return std::unexpected(outcome.error());
  if (const auto* const shortages = std::get_if<std::vector<inventory::Shortage>>(&*outcome)) {
    co_return out_of_stock(*shortages, "too few units are left; nothing is held");
  }
  const auto& reservation = std::get<inventory::Reservation>(*outcome);
  auto response = http::json(201, body_of(reservation));
  response.headers.add("Location", "/api/reservations/" + reservation.id.value.to_string());
  co_return response;
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
