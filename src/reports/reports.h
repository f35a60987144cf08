// Reports on orders: sums over a time span, and exports of all orders of a span.
//
// Threading: one instance per worker; never shared, but for the slots. Ownership: borrows the pool,
// the slots and the registry, which outlive it and every export it has started.
#pragma once

#include <chrono>

#include "base/error.h"
#include "postgres/pool.h"
#include "reports/export_slots.h"
#include "reports/metrics.h"
#include "reports/order_export.h"
#include "reports/types.h"
#include "runtime/context.h"
#include "runtime/task.h"
#include "telemetry/metrics.h"

namespace souk::reports {

struct ReportsConfig {
  std::size_t max_exports = 2;  // at once, in all workers together
  // An export's snapshot blocks vacuum in the whole database, at most for this time.
  std::chrono::milliseconds max_export_duration{600'000};
  std::chrono::milliseconds report_timeout{10'000};
};

class Reports {
 public:
  Reports(postgres::Pool& pool, ExportSlots& slots, telemetry::Registry& registry,
          const ReportsConfig& config)
      : pool_(pool), slots_(slots), metrics_(registry), config_(config) {}

  // All throw Unavailable.

  // Three statements before it returns, then one for each store::kRowsPerPiece rows. Moves the
  // context's deadline to the end of the export's time. Errors: overloaded when max_exports are
  // running.
  runtime::Task<Result<OrderExport>> export_orders(runtime::Context& context, Span span);

  // Two statements on one snapshot, within report_timeout, and one before them for a time zone
  // other than UTC. Errors: invalid_request for a time zone unknown to the server.
  runtime::Task<Result<OrderReport>> order_report(runtime::Context& context, ReportRange range);

  // Three statements on one snapshot, otherwise as order_report.
  runtime::Task<Result<ConversionReport>> conversion(runtime::Context& context, ReportRange range);

  // One statement, within report_timeout, on the days (UTC) that begin in the span.
  runtime::Task<VisitReport> visits(runtime::Context& context, Span span);

  // Both on the same snapshot. Errors: those of both.
  struct Listing {
    OrderReport report;
    OrderExport orders;
  };
  runtime::Task<Result<Listing>> listing(runtime::Context& context, ReportRange range);

 private:
  runtime::Task<Result<ReportRange>> resolve(runtime::Context& context, ReportRange range);
  static runtime::Task<OrderReport> read_report(postgres::Transaction& snapshot, ReportRange range);
  runtime::Task<Result<OrderExport>> open_export(runtime::Context& context, Span span);

  postgres::Pool& pool_;
  ExportSlots& slots_;
  ExportMetrics metrics_;
  const ReportsConfig& config_;
};

}  // namespace souk::reports
