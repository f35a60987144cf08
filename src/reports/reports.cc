#include "reports/reports.h"

#include <algorithm>

namespace souk::reports {

using postgres::Isolation;
using runtime::Context;
using runtime::Task;

namespace {

auto from_now(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

}  // namespace

Task<Result<OrderExport>> Reports::export_orders(Context& context, Span span) {
  auto orders = co_await open_export(context, span);
  if (!orders) co_return std::unexpected(orders.error());
  co_await orders->start(config_.max_export_duration);
  context.deadline = from_now(config_.max_export_duration);
  co_return std::move(*orders);
}

Task<Result<OrderReport>> Reports::order_report(Context& context, ReportRange range) {
  auto resolved = co_await resolve(context, std::move(range));
  if (!resolved) co_return std::unexpected(resolved.error());
  context.deadline = std::min(context.deadline, from_now(config_.report_timeout));
  auto snapshot = co_await pool_.begin(context, Isolation::kSnapshot);
  co_return co_await read_report(snapshot, *std::move(resolved));
}

Task<Result<ConversionReport>> Reports::conversion(Context& context, ReportRange range) {
  auto resolved = co_await resolve(context, std::move(range));
  if (!resolved) co_return std::unexpected(resolved.error());
  const auto& [span, timezone, from_is_date, to_is_date] = *resolved;
  context.deadline = std::min(context.deadline, from_now(config_.report_timeout));
  auto snapshot = co_await pool_.begin(context, Isolation::kSnapshot);
  const auto [sessions, holds, orders] = co_await snapshot.pipeline(
      store::sessions_by_day(span, timezone), store::holds_by_day(span, timezone),
      store::orders_by_day(span, timezone));
  co_return ConversionReport{
      .span = span, .timezone = timezone, .days = store::conversion_days(sessions, holds, orders)};
}

Task<VisitReport> Reports::visits(Context& context, Span span) {
  context.deadline = std::min(context.deadline, from_now(config_.report_timeout));
  using std::chrono::ceil, std::chrono::days;
  const Span whole{ceil<days>(span.from), ceil<days>(span.to)};
  co_return VisitReport{.span = whole, .groups = co_await store::visits(pool_, context, whole)};
}

Task<Result<Reports::Listing>> Reports::listing(Context& context, ReportRange range) {
  auto resolved = co_await resolve(context, std::move(range));
  if (!resolved) co_return std::unexpected(resolved.error());
  auto orders = co_await open_export(context, resolved->span);
  if (!orders) co_return std::unexpected(orders.error());
  context.deadline = std::min(context.deadline, from_now(config_.report_timeout));
  auto report = co_await read_report(orders->snapshot(), *std::move(resolved));
  co_await orders->start(config_.max_export_duration);
  context.deadline = from_now(config_.max_export_duration);
  co_return Listing{std::move(report), std::move(*orders)};
}

Task<Result<OrderExport>> Reports::open_export(Context& context, Span span) {
  auto slot = slots_.take();
  if (!slot) {
    metrics_.refused.increment();
    co_return fail(ErrorCode::kOverloaded, "as many exports are running as may; try again later");
  }
  auto snapshot = co_await pool_.begin(context, Isolation::kSnapshot);
  co_return OrderExport(std::move(*slot), std::move(snapshot), span, metrics_);
}

Task<Result<ReportRange>> Reports::resolve(Context& context, ReportRange range) {
  if (range.timezone == kUtc) co_return range;
  const auto span = co_await store::resolve(pool_, context, range);
  if (!span) {
    co_return fail(ErrorCode::kInvalidRequest, "the database server knows no such time zone",
                   {{"timezone", "must be a name of IANA's, as Europe/Berlin"}});
  }
  co_return ReportRange{.span = *span, .timezone = std::move(range.timezone)};
}

Task<OrderReport> Reports::read_report(postgres::Transaction& snapshot, ReportRange range) {
  OrderReport report{.span = range.span,
                     .timezone = std::move(range.timezone),
                     .days = {},
                     .statuses = {},
                     .top_products = {}};
  const auto [totals, products] = co_await snapshot.pipeline(
      store::totals(report.span, report.timezone), store::top_products(report.span));
  store::read_totals(totals, report);
  store::read_top_products(products, report);
  co_return report;
}

}  // namespace souk::reports
