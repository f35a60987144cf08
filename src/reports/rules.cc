#include "reports/rules.h"

#include <fmt/format.h>

namespace souk::reports {
namespace {

std::unexpected<Error> refuse(std::string_view end, std::string reason) {
  auto detail = fmt::format("{} {}", end, reason);
  return fail(ErrorCode::kInvalidRequest, std::move(detail),
              {{std::string(end), std::move(reason)}});
}

Result<> check_years(std::optional<Timestamp> from, std::optional<Timestamp> to) {
  for (const auto& [name, end] : {std::pair("from", from), {"to", to}}) {
    if (end && (*end < kEarliest || *end >= kLatest)) {
      return refuse(name, "must be in the years 1970 to 9998");
    }
  }
  return {};
}

}  // namespace

Result<Span> export_span(std::optional<Timestamp> from, std::optional<Timestamp> to) {
  const Span everything;
  if (auto bounded = check_years(from, to); !bounded) return std::unexpected(bounded.error());
  const Span span{from.value_or(everything.from), to.value_or(everything.to)};
  if (span.from >= span.to) return refuse("from", "must be before to");
  return span;
}

Result<Span> report_span(std::optional<Timestamp> from, std::optional<Timestamp> to,
                         Timestamp now) {
  if (auto bounded = check_years(from, to); !bounded) return std::unexpected(bounded.error());
  const auto end = to.value_or(now);
  const Span span{from.value_or(end - kDefaultReport), end};
  if (span.from >= span.to) return refuse("from", "must be before to");
  if (span.to - span.from > kLongestReport) {
    return refuse("from", fmt::format("must be at most {} days before to", kLongestReport.count()));
  }
  return span;
}

}  // namespace souk::reports
