#include "api/reports/report_routes.h"

#include <fmt/format.h>

#include <array>

#include "api/operation/parameters.h"
#include "api/reports/export_formats.h"
#include "api/reports/operations.h"
#include "api/wire/wire.h"

namespace souk::api {

using http::Request;
using runtime::Context;
using runtime::Task;

namespace {

// Serialises on demand: the next orders are read when the client has received the previous ones.
class OrderStream final : public http::BodyStream {
 public:
  OrderStream(reports::OrderExport orders, std::unique_ptr<OrderFormat> format)
      : orders_(std::move(orders)), format_(std::move(format)) {}

  Task<bool> next(Buffer& out) override {
    if (!std::exchange(begun_, true)) format_->begin(out);
    while (!ended_ && out.size() < http::kStreamPieceBytes) {
      if (const auto* const order = orders_.next()) {
        format_->write(*order, out);
      } else if (!out.empty()) {
        break;  // what exists is sent before the next orders are waited for
      } else if (!co_await orders_.fetch()) {
        format_->end(out);
        ended_ = true;
      }
    }
    co_return !out.empty();
  }

 private:
  reports::OrderExport orders_;
  std::unique_ptr<OrderFormat> format_;
  bool begun_ = false;
  bool ended_ = false;
};

http::Response stream(reports::OrderExport orders, std::unique_ptr<OrderFormat> format) {
  const auto type = format->content_type();
  return http::stream(200, type,
                      std::make_unique<OrderStream>(std::move(orders), std::move(format)));
}

constexpr std::array<std::string_view, 2> kTableTypes = {http::kJsonType, "text/csv"};

http::Response csv(std::string body) {
  auto response = http::text(200, std::move(body));
  response.content_type = kTableTextTypes.front();
  return response;
}

std::string csv_of(const reports::VisitReport& report) {
  std::string csv = "slowerThanMs,visits,withHold,withOrder,withPayment\r\n";
  for (const auto& group : report.groups) {
    csv += fmt::format("{},{},{},{},{}\r\n", group.slower_than_ms, group.visits, group.with_hold,
                       group.with_order, group.with_payment);
  }
  return csv;
}

std::string csv_of(const reports::ConversionReport& report) {
  std::string csv = "date,sessions,customers,holds,orders,paid\r\n";
  for (const auto& day : report.days) {
    const auto date = std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(day.date));
    csv += fmt::format("{:04}-{:02}-{:02},{},{},{},{},{}\r\n", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       day.sessions, day.customers, day.holds, day.orders, day.paid);
  }
  return csv;
}

}  // namespace

void ReportRoutes::each(auto add) {
  add(kExportOrders, &ReportRoutes::export_orders);
  add(kReportOrders, &ReportRoutes::report);
  add(kReportConversion, &ReportRoutes::conversion);
  add(kReportVisits, &ReportRoutes::visits);
}

void ReportRoutes::add_to(Routes& routes) {
  each([&](const Operation& operation, auto handler) { routes.add(operation, *this, handler); });
}

void ReportRoutes::list_operations(std::vector<const Operation*>& operations) {
  each([&](const Operation& operation, auto) { operations.push_back(&operation); });
}

Answer ReportRoutes::export_orders(Context& context, const Request& request, ExportSpan wanted) {
  const auto span = span_of(wanted);
  if (!span) co_return std::unexpected(span.error());
  const auto type = wanted_type(request, kExportTypes);
  if (!type) co_return std::unexpected(type.error());
  auto orders = co_await reports_.export_orders(context, *span);
  if (!orders) co_return std::unexpected(orders.error());
  auto response = stream(*std::move(orders), export_format(*type, wanted.download));
  if (wanted.download) {
    response.headers.add("Content-Disposition",
                         fmt::format("attachment; filename=\"{}\"", kExportFiles.at(*type)));
  }
  co_return response;
}

Answer ReportRoutes::report(Context& context, const Request& request, ReportSpan wanted) {
  auto range = range_of(std::move(wanted), clock_.now());
  if (!range) co_return std::unexpected(range.error());
  static constexpr std::array<std::string_view, 2> kTypes = {http::kJsonType, "text/plain"};
  const auto type = wanted_type(request, kTypes);
  if (!type) co_return std::unexpected(type.error());
  if (*type == 0) {
    const auto report = co_await reports_.order_report(context, *std::move(range));
    if (!report) co_return std::unexpected(report.error());
    co_return http::json(200, body_of(*report));
  }
  auto listing = co_await reports_.listing(context, *std::move(range));
  if (!listing) co_return std::unexpected(listing.error());
  co_return stream(std::move(listing->orders), text_report(std::move(listing->report)));
}

Answer ReportRoutes::conversion(Context& context, const Request& request, ReportSpan wanted) {
  auto range = range_of(std::move(wanted), clock_.now());
  if (!range) co_return std::unexpected(range.error());
  const auto type = wanted_type(request, kTableTypes);
  if (!type) co_return std::unexpected(type.error());
  const auto report = co_await reports_.conversion(context, *std::move(range));
  if (!report) co_return std::unexpected(report.error());
  if (*type == 0) co_return http::json(200, body_of(*report));
  co_return csv(csv_of(*report));
}

Answer ReportRoutes::visits(Context& context, const Request& request, VisitDays wanted) {
  const auto span = span_of(wanted, clock_.now());
  if (!span) co_return std::unexpected(span.error());
  const auto type = wanted_type(request, kTableTypes);
  if (!type) co_return std::unexpected(type.error());
  const auto report = co_await reports_.visits(context, *span);
  if (*type == 0) co_return http::json(200, body_of(report));
  co_return csv(csv_of(report));
}

}  // namespace souk::api
