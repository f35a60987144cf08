// /api/orders/export and /api/reports: exports and sums of orders, for administrators.
// Threading: one per worker. Ownership: borrows its arguments, which outlive it.
#pragma once

#include "api/operation/routes.h"
#include "api/reports/queries.h"
#include "base/clock.h"
#include "reports/reports.h"

namespace souk::api {

class ReportRoutes {
 public:
  ReportRoutes(reports::Reports& reports, const Clock& clock) : reports_(reports), clock_(clock) {}

  void add_to(Routes& routes);
  static void list_operations(std::vector<const Operation*>& operations);

 private:
  // Calls `add` with each operation and its handler.
  static void each(auto add);

  Answer export_orders(runtime::Context& context, const http::Request& request, ExportSpan wanted);
  Answer report(runtime::Context& context, const http::Request& request, ReportSpan wanted);
  Answer conversion(runtime::Context& context, const http::Request& request, ReportSpan wanted);
  Answer visits(runtime::Context& context, const http::Request& request, VisitDays wanted);

  reports::Reports& reports_;
  const Clock& clock_;
};

}  // namespace souk::api
