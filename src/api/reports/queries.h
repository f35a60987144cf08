// The queries of exports and reports.
// Threading: constants and pure functions.
#pragma once

#include "api/wire/query.h"
#include "reports/types.h"

namespace souk::api {

constexpr Facets time_facets(std::string_view meaning) {
  return {
      .meaning = meaning, .presence = Presence::kOptional, .example = R"("2026-01-31T00:00:00Z")"};
}

struct ExportSpan {
  std::optional<TimeOrDate> from;
  std::optional<TimeOrDate> to;
  bool download = false;
};

template <>
inline constexpr auto describe<ExportSpan> = query_object(
    field("from", &ExportSpan::from,
          time_facets("Only orders at this time or later: RFC 3339, or a date.")),
    field("to", &ExportSpan::to, time_facets("Only orders before this time: RFC 3339, or a date.")),
    field("download", &ExportSpan::download,
          {.meaning = "As a file for people: `Content-Disposition` names it, and CSV "
                      "begins with a byte order mark, without which some spreadsheets "
                      "do not read UTF-8.",
           .presence = Presence::kOptional}));

struct ReportSpan {
  std::optional<TimeOrDate> from;
  std::optional<TimeOrDate> to;
  std::string timezone{reports::kUtc};
};

template <>
inline constexpr auto describe<ReportSpan> = query_object(
    field("from", &ReportSpan::from,
          time_facets(
              "RFC 3339, or a date; default: 30 days before `to`; at most 366 days before it.")),
    field("to", &ReportSpan::to,
          time_facets("Only orders before this time: RFC 3339, or a date; default: now.")),
    field("timezone", &ReportSpan::timezone,
          {.meaning = "The IANA name of the time zone of the days; `from` and `to` without a time "
                      "mean a day's start in it.",
           .presence = Presence::kOptional,
           .default_value = R"("UTC")",
           .example = R"("Europe/Berlin")"}));

struct VisitDays {
  std::optional<TimeOrDate> from;
  std::optional<TimeOrDate> to;
};

template <>
inline constexpr auto describe<VisitDays> = query_object(
    field("from", &VisitDays::from,
          time_facets("Only days (UTC) that begin then or later: RFC 3339, or a date; default: 30 "
                      "days before `to`; at most 366 days before it.")),
    field("to", &VisitDays::to,
          time_facets("Only days that begin before this time: RFC 3339, or a date; default: "
                      "now.")));

// Errors: invalid_request for an invalid combination.
Result<reports::Span> span_of(const ExportSpan& wanted);
Result<reports::Span> span_of(const VisitDays& wanted, Timestamp now);
Result<reports::ReportRange> range_of(ReportSpan wanted, Timestamp now);

}  // namespace souk::api
