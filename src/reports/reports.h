// What the books say: sums over a span of orders, and all orders of a span one after the other.
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
  // An export's snapshot keeps rows from being vacuumed in the whole database for so long at most.
  std::chrono::milliseconds max_export_duration{600'000};
  std::chrono::milliseconds report_timeout{10'000};
};

class Reports {
 public:
  Reports(postgres::Pool& pool, ExportSlots& slots, telemetry::Registry& registry,
          const ReportsConfig& config)
      : pool_(pool), slots_(slots), metrics_(registry), config_(config) {}

  // All throw Unavailable.

  // Three statements until it is handed over, then one for each store::kRowsPerPiece rows. Moves
  // the context's deadline to the end of the export's time. Errors: overloaded where as many
  // exports are running as may.
  runtime::Task<Result<OrderExport>> export_orders(runtime::Context& context, Span span);

  // Two statements on one snapshot, within report_timeout, and one before them where the days are
  // not those of UTC. Errors: invalid_request for a time zone that the server does not know.
  runtime::Task<Result<OrderReport>> order_report(runtime::Context& context, ReportRange range);

  // Both on the same snapshot. Errors: as of both.
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
