#include "app/reference.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <boost/pfr.hpp>
#include <vector>

#include "accounts/metrics.h"
#include "admission/metrics.h"
#include "api/wire/error_codes.h"
#include "app/metrics.h"
#include "app/settings.h"
#include "base/error.h"
#include "bulk/metrics.h"
#include "cache/metrics.h"
#include "catalog/metrics.h"
#include "checkout/metrics.h"
#include "confirmation/metrics.h"
#include "http/h3/metrics.h"
#include "http/metrics.h"
#include "jobs/metrics.h"
#include "loadtest/builtin_budgets.h"
#include "mail/metrics.h"
#include "observe/grafana.h"
#include "observe/metrics.h"
#include "observe/rules.h"
#include "payments/metrics.h"
#include "postgres/metrics.h"
#include "redis/metrics.h"
#include "reports/metrics.h"
#include "site/metrics.h"
#include "statistics/metrics.h"
#include "telemetry/specs.h"
#include "vitals/metrics.h"
#include "webhooks/metrics.h"

namespace souk::app {
namespace {

// The members of the modules' tables; see src/telemetry/README.md.
template <class... Tables>
std::vector<const telemetry::MetricSpec*> members_of(const Tables&... tables) {
  std::vector<const telemetry::MetricSpec*> all;
  const auto add = [&all](const telemetry::MetricSpec& spec) { all.push_back(&spec); };
  (boost::pfr::for_each_field(tables, add), ...);
  return all;
}

std::string opening(std::string_view title, std::string_view page, std::string_view text) {
  return fmt::format("# {}\n\n<!-- Generated: souk reference {} > docs/reference/{}.md -->\n\n{}\n",
                     title, page, page, text);
}

// Escapes bars, which would end a table's cell.
std::string cell(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string code_or_dash(std::string_view text) {
  return text.empty() ? "–" : fmt::format("`{}`", cell(text));
}

constexpr std::string_view kSettingsOpening =
    R"(Each source over the one before: the default, the settings file (`souk.toml`, or `--config FILE`), the
environment, flags. Any setting can be given as `--set section.name=value`. `souk config` shows the
effective values and where each came from.

In the file a setting stands in its section:

```toml
[http]
port = 9000
```)";

std::string settings_row(const Setting& setting) {
  auto variables = code_or_dash(setting.environment_name());
  if (!setting.variable.empty()) variables += fmt::format(", `{}`", setting.variable);
  return fmt::format("| `{}` | {} | {}{} | {} | {} | {} |\n", setting.name, cell(setting.help),
                     cell(setting.value.expected), setting.value.secret ? ", never printed" : "",
                     code_or_dash(setting.printed(Settings())), variables,
                     code_or_dash(setting.flag));
}

std::string settings_page() {
  auto page = opening("Settings", "settings", kSettingsOpening);
  std::string_view section;
  for (const auto& setting : all_settings()) {
    if (setting.section != section) {
      section = setting.section;
      page += fmt::format(
          "\n## {}\n\n| setting | meaning | value | default | environment | flag |\n"
          "| --- | --- | --- | --- | --- | --- |\n",
          section);
    }
    page += settings_row(setting);
  }
  return page;
}

std::string errors_page() {
  auto page = opening("Error codes", "errors",
                      "Every refusal is a problem document (RFC 9457) whose `code` is one of "
                      "these. Codes are never renamed and\nnever reused.");
  page += "\n| code | status | meaning |\n| --- | --- | --- |\n";
  for (const auto code : api::error_codes()) {
    page += fmt::format("| `{}` | {} | {} |\n", code.name(), code.status(), cell(code.meaning()));
  }
  return page;
}

std::string_view type_name(telemetry::MetricType type) {
  static constexpr std::array<std::string_view, 3> kNames = {"counter", "gauge", "histogram"};
  return kNames[static_cast<std::size_t>(type)];
}

std::string metrics_page() {
  auto page = opening("Metrics", "metrics",
                      "Served at `/metrics` of the operator's address in Prometheus' text format. "
                      "Times are in seconds, "
                      "sizes in bytes, shares between 0\nand 1.");
  page += "\n| metric | type | labels | meaning |\n| --- | --- | --- | --- |\n";
  for (const auto* spec : all_metric_specs()) {
    std::vector<std::string> labels;
    for (const auto label : spec->labels) labels.push_back(code_or_dash(label));
    page += fmt::format("| `{}` | {} | {} | {} |\n", spec->name, type_name(spec->type),
                        labels.empty() ? "–" : fmt::to_string(fmt::join(labels, ", ")),
                        cell(spec->help));
  }
  return page;
}

}  // namespace

std::span<const ReferencePage> reference_pages() {
  static constexpr std::array<ReferencePage, 3> kPages = {{
      {"settings", settings_page},
      {"metrics", metrics_page},
      {"errors", errors_page},
  }};
  return kPages;
}

std::expected<telemetry::Budgets, std::string> builtin_budgets() {
  return telemetry::parse_budgets(loadtest::kBuiltinBudgets, "budgets.toml", all_metric_specs());
}

std::expected<std::string, std::string> alert_rules(double scale) {
  const auto budgets = builtin_budgets();
  if (!budgets) return std::unexpected(budgets.error());
  return observe::prometheus_rules(*budgets, {scale});
}

std::expected<std::string, std::string> grafana_dashboard() {
  const auto budgets = builtin_budgets();
  if (!budgets) return std::unexpected(budgets.error());
  return observe::grafana_dashboard(*budgets);
}

std::vector<const telemetry::MetricSpec*> all_metric_specs() {
  auto all = members_of(accounts::kMetrics, admission::kMetrics, bulk::kMetrics, cache::kMetrics,
                        catalog::kMetrics, checkout::kMetrics, confirmation::kMetrics,
                        http::kMetrics, http::h3::kMetrics, jobs::kMetrics, mail::kMetrics,
                        observe::kMetrics, payments::kMetrics, postgres::kMetrics, redis::kMetrics,
                        reports::kMetrics, site::kMetrics, statistics::kMetrics,
                        telemetry::kMetrics, vitals::kMetrics, webhooks::kMetrics, app::kMetrics);
  std::ranges::sort(all, {}, &telemetry::MetricSpec::name);
  return all;
}

}  // namespace souk::app
