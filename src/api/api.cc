#include "api/api.h"

#include <algorithm>

#include "api/accounts/account_routes.h"
#include "api/audit/audit_routes.h"
#include "api/bulk/bulk_routes.h"
#include "api/cache/cache_routes.h"
#include "api/catalog/catalog_routes.h"
#include "api/catalog/managed_routes.h"
#include "api/document/openapi.h"
#include "api/jobs/job_routes.h"
#include "api/operation/audited.h"
#include "api/operation/errors.h"
#include "api/operation/parameters.h"
#include "api/operations.h"
#include "api/orders/order_routes.h"
#include "api/orders/order_step_routes.h"
#include "api/payments/payment_routes.h"
#include "api/reports/report_routes.h"
#include "api/reservations/reservation_routes.h"
#include "api/stock/stock_routes.h"
#include "api/vitals/vital_routes.h"
#include "api/webhooks/events.h"
#include "api/webhooks/webhook_routes.h"
#include "api/wire/json_input.h"
#include "http/conditional.h"

namespace souk::api {

using http::Request;
using http::Response;
using runtime::Context;
using runtime::Task;

namespace {

constexpr Operation kGetOpenapi{
    .name = "getOpenapi",
    .tag = Tag::kMeta,
    .summary = "Read this document",
    .path = "/openapi.json",
    .has_etag = true,
    .answers = {
        {.meaning = "OpenAPI 3.1.", .shape = Reply::Shape::kAnyObject, .fields = {.etag = true}}}};

// The exception's message, for the log; our exceptions contain no data of clients.
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
      catalog_routes_(std::make_unique<CatalogRoutes>(services.catalog, services.inventory,
                                                      services.cache, responses_)),
      account_routes_(std::make_unique<AccountRoutes>(services.accounts, services.account_requests,
                                                      services.orders)),
      order_routes_(
          std::make_unique<OrderRoutes>(services.orders, services.checkout, services.payments)),
      order_step_routes_(std::make_unique<OrderStepRoutes>(services.orders, services.order_flow)),
      payment_routes_(
          std::make_unique<PaymentRoutes>(services.payments, services.receipts, *json_)),
      reservation_routes_(std::make_unique<ReservationRoutes>(services.reservations)),
      cache_routes_(std::make_unique<CacheRoutes>(services.inspector, clock)),
      job_routes_(std::make_unique<JobRoutes>(services.jobs)),
      webhook_routes_(std::make_unique<WebhookRoutes>(services.webhooks)),
      audit_routes_(std::make_unique<AuditRoutes>(services.pool)),
      report_routes_(std::make_unique<ReportRoutes>(services.reports, clock)),
      bulk_routes_(std::make_unique<BulkRoutes>(services.bulk)),
      stock_routes_(std::make_unique<StockRoutes>(services.ledger, services.catalog)),
      managed_routes_(std::make_unique<ManagedRoutes>(services.managed, services.ledger)),
      vital_routes_(std::make_unique<VitalRoutes>(services.vitals)),
      document_(
          std::make_shared<const std::string>(openapi_document(all_operations(), kWebhookEvents))),
      document_etag_(http::make_etag(*document_)) {}

Api::~Api() = default;

void Api::add_routes(http::Routers& routers) {
  Routes routes(routers, *json_);
  catalog_routes_->add_to(routes);
  account_routes_->add_to(routes);
  order_routes_->add_to(routes);
  order_step_routes_->add_to(routes);
  payment_routes_->add_to(routes);
  reservation_routes_->add_to(routes);
  cache_routes_->add_to(routes);
  job_routes_->add_to(routes);
  webhook_routes_->add_to(routes);
  audit_routes_->add_to(routes);
  report_routes_->add_to(routes);
  bulk_routes_->add_to(routes);
  stock_routes_->add_to(routes);
  managed_routes_->add_to(routes);
  vital_routes_->add_to(routes);
  routes.add(kGetOpenapi, *this, &Api::openapi);
}

std::vector<const Operation*> all_operations() {
  std::vector<const Operation*> operations;
  CatalogRoutes::list_operations(operations);
  AccountRoutes::list_operations(operations);
  OrderRoutes::list_operations(operations);
  OrderStepRoutes::list_operations(operations);
  PaymentRoutes::list_operations(operations);
  ReservationRoutes::list_operations(operations);
  CacheRoutes::list_operations(operations);
  JobRoutes::list_operations(operations);
  WebhookRoutes::list_operations(operations);
  AuditRoutes::list_operations(operations);
  ReportRoutes::list_operations(operations);
  BulkRoutes::list_operations(operations);
  StockRoutes::list_operations(operations);
  ManagedRoutes::list_operations(operations);
  VitalRoutes::list_operations(operations);
  operations.push_back(&kGetOpenapi);
  std::ranges::sort(operations, {}, [](const Operation* operation) {
    return std::pair(operation->path, operation->method);
  });
  return operations;
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
  if (is_audited(route.access, route.method)) {
    co_await accounts_.record(context, principal->user_id, route.name, request.path,
                              request.client);
  }
  co_return std::nullopt;
}

Response Api::on_exception(const Request& request, const std::exception_ptr& exception) {
  const auto error = error_of(exception);
  const bool defect = error.code == ErrorCode::kInternal;
  log_.write(defect ? telemetry::LogLevel::kError : telemetry::LogLevel::kWarning, "request_failed",
             {{"code", error.code.name()}, {"reason", reason_of(exception)}}, &request.ids);
  return problem_of(error);
}

Answer Api::openapi(Context&, const Request&) {
  auto response = http::json(200, document_);
  response.etag = document_etag_;
  co_return response;
}

}  // namespace souk::api
