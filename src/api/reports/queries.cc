#include "api/reports/queries.h"

#include "reports/rules.h"

namespace souk::api {
namespace {

std::optional<Timestamp> time_of(const std::optional<TimeOrDate>& end) {
  return end ? std::optional(end->time) : std::nullopt;
}

bool is_date(const std::optional<TimeOrDate>& end) { return end && end->is_date; }

}  // namespace

Result<reports::Span> span_of(const ExportSpan& wanted) {
  return reports::export_span(time_of(wanted.from), time_of(wanted.to));
}

Result<reports::Span> span_of(const VisitDays& wanted, Timestamp now) {
  return reports::report_span(time_of(wanted.from), time_of(wanted.to), now);
}

Result<reports::ReportRange> range_of(ReportSpan wanted, Timestamp now) {
  const auto span = reports::report_span(time_of(wanted.from), time_of(wanted.to), now);
  if (!span) return std::unexpected(span.error());
  // Where only `to` is given, `from` is so many days of the same time zone before it.
  return reports::ReportRange{.span = *span,
                              .timezone = std::move(wanted.timezone),
                              .from_is_date = is_date(wanted.from ? wanted.from : wanted.to),
                              .to_is_date = is_date(wanted.to)};
}

}  // namespace souk::api
