#include "vitals/vitals.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/utf8.h"

namespace souk::vitals {
namespace {

bool is_page(std::string_view name) {
  return !name.empty() && name.size() <= kMaxPageName && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

void observe(telemetry::Histogram& histogram, const std::optional<std::int32_t>& ms) {
  if (ms) histogram.observe(std::chrono::milliseconds(*ms));
}

}  // namespace

bool are_pages(const std::vector<std::string>& pages) {
  return pages.size() <= kMaxPages && std::ranges::all_of(pages, is_page);
}

Result<> check(const Report& report) {
  std::vector<FieldError> wrong;
  if (report.page.empty() || utf8_length(report.page) > kMaxPageName) {
    wrong.push_back({"/page", fmt::format("must have 1 to {} characters", kMaxPageName)});
  }
  const auto within = [&wrong](std::string_view pointer, const auto& value, std::int32_t most) {
    if (!value || (*value >= 0 && *value <= most)) return;
    wrong.push_back({std::string(pointer), fmt::format("must be 0 to {}", most)});
  };
  within("/loadMs", report.load_ms, kMaxMs);
  within("/lcpMs", report.lcp_ms, kMaxMs);
  within("/fcpMs", report.fcp_ms, kMaxMs);
  within("/ttfbMs", report.ttfb_ms, kMaxMs);
  within("/inpMs", report.inp_ms, kMaxMs);
  within("/clsThousandths", report.cls_thousandths, kMaxClsThousandths);
  if (wrong.empty()) return {};
  return fail(ErrorCode::kValidationFailed, "the report is not valid", std::move(wrong));
}

Vitals::Page::Page(std::string_view name, telemetry::Registry& registry)
    : reports(registry.cell(kMetrics.reports, {name})),
      load(registry.cell(kMetrics.times, {"load", name})),
      lcp(registry.cell(kMetrics.times, {"lcp", name})),
      fcp(registry.cell(kMetrics.times, {"fcp", name})),
      ttfb(registry.cell(kMetrics.times, {"ttfb", name})),
      inp(registry.cell(kMetrics.times, {"inp", name})),
      cls(registry.cell(kMetrics.shifts, {name})) {}

Vitals::Vitals(const Config& config, telemetry::Registry& registry) : other_(kOtherPage, registry) {
  for (const auto& name : config.pages) pages_.try_emplace(name, name, registry);
}

void Vitals::take(const Report& report) {
  constexpr double kThousandth = 0.001;
  const auto found = pages_.find(report.page);
  auto& page = found == pages_.end() ? other_ : found->second;
  page.reports.increment();
  observe(page.load, report.load_ms);
  observe(page.lcp, report.lcp_ms);
  observe(page.fcp, report.fcp_ms);
  observe(page.ttfb, report.ttfb_ms);
  observe(page.inp, report.inp_ms);
  if (report.cls_thousandths) page.cls.observe(kThousandth * *report.cls_thousandths);
}

}  // namespace souk::vitals
