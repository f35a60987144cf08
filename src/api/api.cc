#include "api/api.h"

#include "api/account_routes.h"
#include "api/cache_routes.h"
#include "api/catalog_routes.h"
#include "api/errors.h"
#include "api/job_routes.h"
#include "api/json_input.h"
#include "api/openapi.h"
#include "api/order_routes.h"
#include "api/order_step_routes.h"
#include "api/parameters.h"
#include "api/payment_routes.h"
#include "api/report_routes.h"
#include "api/reservation_routes.h"
#include "api/webhook_routes.h"
#include "http/conditional.h"

namespace souk::api {

using http::Request;
using http::Response;
using runtime::Context;
using runtime::Task;

namespace {

// The exception's own words, for the log; those of our exceptions hold no data of a client.
std::string reason_of(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "not a std::exception";
  }
}

}  // namespace

Api::Api(Services services, const Clock& clock, telemetry::Log& log, ApiConfig config)
    : accounts_(services.accounts),
      log_(log),
      json_(std::make_unique<JsonInput>()),
      responses_(services.cache, clock, config.shared_max_age, config.max_stale),
      catalog_routes_(std::make_unique<CatalogRoutes>(services.catalog, services.inventory, *json_,
                                                      responses_)),
      account_routes_(std::make_unique<AccountRoutes>(services.accounts, *json_)),
      order_routes_(std::make_unique<OrderRoutes>(services.orders, services.checkout,
                                                  services.payments, *json_)),
      order_step_routes_(std::make_unique<OrderStepRoutes>(services.orders, services.order_flow)),
      payment_routes_(
          std::make_unique<PaymentRoutes>(services.payments, services.receipts, *json_)),
      reservation_routes_(std::make_unique<ReservationRoutes>(services.reservations, *json_)),
      cache_routes_(std::make_unique<CacheRoutes>(services.inspector, *json_, clock)),
      job_routes_(std::make_unique<JobRoutes>(services.jobs, *json_)),
      webhook_routes_(std::make_unique<WebhookRoutes>(services.webhooks, *json_)),
      report_routes_(std::make_unique<ReportRoutes>(services.reports, clock)),
      document_(std::make_shared<const std::string>(openapi_document())),
      document_etag_(http::make_etag(*document_)) {}

Api::~Api() = default;

void Api::add_routes(http::Routers& routers) {
  catalog_routes_->add_to(routers);
  account_routes_->add_to(routers);
  order_routes_->add_to(routers);
  order_step_routes_->add_to(routers);
  payment_routes_->add_to(routers);
  reservation_routes_->add_to(routers);
  cache_routes_->add_to(routers);
  job_routes_->add_to(routers);
  webhook_routes_->add_to(routers);
  report_routes_->add_to(routers);
  routers.add({.path = "/openapi.json",
               .handler = [this](Context& context,
                                 const Request& request) { return openapi(context, request); },
               .name = "getOpenapi"});
}

Task<std::optional<Response>> Api::admit(Context& context, Request& request,
                                         const http::Route& route) {
  const auto token = bearer_token(request);
  if (!token) {
    co_return problem_of({ErrorCode::kUnauthenticated, "sign in, and send the token along"});
  }
  const auto principal = co_await accounts_.authenticate(context, *token);
  if (!principal) co_return problem_of(principal.error());
  request.principal = {.id = principal->user_id.value,
                       .access = principal->is_admin ? kAdmin : kUser,
                       .is_limited = !principal->is_load_test};
  if (route.access == kAdmin && !principal->is_admin) {
    co_return problem_of({ErrorCode::kForbidden, "only an administrator may do this"});
  }
  co_return std::nullopt;
}

Response Api::on_exception(const Request& request, const std::exception_ptr& exception) {
  const auto error = error_of(exception);
  const bool defect = error.code == ErrorCode::kInternal;
  log_.write(defect ? telemetry::LogLevel::kError : telemetry::LogLevel::kWarning, "request_failed",
             {{"code", error_code_name(error.code)}, {"reason", reason_of(exception)}},
             &request.ids);
  return problem_of(error);
}

Task<Response> Api::openapi(Context&, const Request&) {
  auto response = http::json(200, document_);
  response.etag = document_etag_;
  co_return response;
}

}  // namespace souk::api
