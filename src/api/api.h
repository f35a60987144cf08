// The shop's REST API: routes, authentication, and responses to exceptions. Documented at
// /openapi.json.
//
// Threading: one per worker. Ownership: borrows the services and the log, which outlive it;
// outlives the server that calls its routes.
#pragma once

#include <memory>

#include "accounts/accounts.h"
#include "accounts/requests.h"
#include "api/catalog/cached_responses.h"
#include "api/operation/routes.h"
#include "bulk/writer.h"
#include "cache/hybrid/inspector.h"
#include "catalog/catalog.h"
#include "catalog/managed.h"
#include "checkout/checkout.h"
#include "checkout/order_flow.h"
#include "checkout/payment_receipts.h"
#include "checkout/reservations.h"
#include "http/router.h"
#include "inventory/inventory.h"
#include "inventory/ledger.h"
#include "jobs/inspector.h"
#include "orders/orders.h"
#include "reports/reports.h"
#include "telemetry/log.h"
#include "vitals/vitals.h"
#include "webhooks/webhooks.h"

namespace souk::api {

class AccountRoutes;
class AuditRoutes;
class BulkRoutes;
class CacheRoutes;
class CatalogRoutes;
class JobRoutes;
class JsonInput;
class OrderRoutes;
class OrderStepRoutes;
class PaymentRoutes;
class ReservationRoutes;
class WebhookRoutes;
class ManagedRoutes;
class ReportRoutes;
class StockRoutes;
class VitalRoutes;

struct Services {
  cache::HybridCache& cache;
  cache::Inspector& inspector;
  catalog::Catalog& catalog;
  inventory::Inventory& inventory;
  checkout::Reservations& reservations;
  orders::Orders& orders;
  accounts::Accounts& accounts;
  accounts::Requests& account_requests;
  checkout::Checkout& checkout;
  checkout::OrderFlow& order_flow;
  checkout::PaymentFlow& payments;
  checkout::PaymentReceipts& receipts;
  jobs::Inspector& jobs;
  webhooks::Webhooks& webhooks;
  reports::Reports& reports;
  bulk::Writer& bulk;
  inventory::Ledger& ledger;
  catalog::Managed& managed;
  vitals::Vitals& vitals;
  postgres::Pool& pool;  // for the audit log
};

struct ApiConfig {
  // How long shared caches may serve public responses without revalidation.
  std::chrono::seconds shared_max_age{0};
  // And how long when this shop does not answer.
  std::chrono::seconds max_stale{600};
};

class Api final : public http::Hooks {
 public:
  Api(Services services, const Clock& clock, telemetry::Log& log, ApiConfig config = {});
  ~Api() override;

  void add_routes(http::Routers& routers);

  // Bearer tokens (RFC 6750). One statement, none for a missing or malformed token.
  runtime::Task<std::optional<http::Response>> admit(runtime::Context& context,
                                                     http::Request& request,
                                                     const http::Route& route) override;
  http::Response on_exception(const http::Request& request,
                              const std::exception_ptr& exception) override;

 private:
  Answer openapi(runtime::Context& context, const http::Request& request);

  accounts::Accounts& accounts_;
  telemetry::Log& log_;
  std::unique_ptr<JsonInput> json_;
  CachedResponses responses_;
  std::unique_ptr<CatalogRoutes> catalog_routes_;
  std::unique_ptr<AccountRoutes> account_routes_;
  std::unique_ptr<OrderRoutes> order_routes_;
  std::unique_ptr<OrderStepRoutes> order_step_routes_;
  std::unique_ptr<PaymentRoutes> payment_routes_;
  std::unique_ptr<ReservationRoutes> reservation_routes_;
  std::unique_ptr<CacheRoutes> cache_routes_;
  std::unique_ptr<JobRoutes> job_routes_;
  std::unique_ptr<WebhookRoutes> webhook_routes_;
  std::unique_ptr<AuditRoutes> audit_routes_;
  std::unique_ptr<ReportRoutes> report_routes_;
  std::unique_ptr<BulkRoutes> bulk_routes_;
  std::unique_ptr<StockRoutes> stock_routes_;
  std::unique_ptr<ManagedRoutes> managed_routes_;
  std::unique_ptr<VitalRoutes> vital_routes_;
  http::Body::Shared document_;
  std::string document_etag_;
};

}  // namespace souk::api
