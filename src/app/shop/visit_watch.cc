#include "app/shop/visit_watch.h"

#include "api/operation/access.h"
#include "api/orders/operations.h"
#include "api/payments/operations.h"
#include "api/reservations/operations.h"
#include "base/hash.h"

namespace souk::app {
namespace {

using statistics::VisitStep;

constexpr int kRedirection = 300;
constexpr int kClientErrors = 400;  // and above: failures

VisitStep step_of(const http::Route& route, int status) {
  if (route.method != http::Method::kPost || status >= kRedirection) return VisitStep::kNone;
  if (route.name == api::kHoldStock.name) return VisitStep::kHold;
  if (route.name == api::kPlaceOrder.name) return VisitStep::kOrder;
  if (route.name == api::kPayOrder.name) return VisitStep::kPayment;
  return VisitStep::kNone;
}

constexpr std::string_view kAuthorization = "Authorization";

}  // namespace

void VisitWatch::answered(const http::Request& request, const http::Route& route, int status,
                          Duration took, Time now) {
  // The field's whole value identifies the session: its requests all write it in the same way.
  // Without a principal it may be anything; then it is of no visit.
  const auto token = request.headers.find(kAuthorization);
  if (!token) return;
  const auto& principal = request.principal;
  // Failures are often fast, and do not tell how fast the shop is.
  const bool read = route.method == http::Method::kGet && status < kClientErrors;
  if (principal) {
    if (principal->access == api::kAdmin || !principal->is_limited) return;
    visits_.answered(keyed_hash(*token), now, read ? std::optional(took) : std::nullopt,
                     step_of(route, status));
  } else if (read && route.access == http::Access::kEverybody) {
    visits_.accompanied(keyed_hash(*token), now, took);
  }
}

}  // namespace souk::app
