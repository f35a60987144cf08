#include "observe/rules.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ranges>
#include <set>
#include <vector>

#include "base/parse.h"
#include "observe/alerts.h"

namespace souk::observe {
namespace {

using telemetry::Budgets;
using telemetry::Objective;
using telemetry::Section;
using telemetry::Severity;

// The alerts repeat Prometheus' usual interval of scrapes; that of the error budget looks days
// back.
constexpr std::chrono::seconds kInterval{15};
constexpr std::chrono::minutes kBudgetInterval{1};

constexpr std::string_view kOpening =
    R"(# Generated: souk reference rules > deploy/prometheus/souk.rules.yml
# from budgets.toml and src/observe/alerts.cc. docs/monitoring.md explains it.
)";

std::string_view severity_name(Severity severity) {
  return severity == Severity::kPage ? "critical" : "warning";
}

std::string_view shown(const Objective& objective) {
  if (objective.is_duration) return "humanizeDuration";
  return objective.share_of.empty() ? "humanize" : "humanizePercentage";
}

std::string limit_of(const Objective& objective) {
  const double limit = objective.threshold;
  if (objective.is_duration) {
    return format_duration(
        std::chrono::round<std::chrono::microseconds>(std::chrono::duration<double>(limit)));
  }
  return objective.share_of.empty() ? fmt::format("{}", limit)
                                    : fmt::format("{:.4g} %", limit * 100);
}

// The series over one of the windows of burn rates.
std::string burn_record(const Objective& objective, std::chrono::minutes window) {
  return fmt::format("{}:{}", record_name(objective), format_duration(window));
}

// A block of literal text in YAML, which needs no escapes.
std::string block(std::string_view key, std::size_t indent, std::string_view text) {
  auto out = fmt::format("{:{}}{}: |-\n", "", indent, key);
  for (const auto line : std::views::split(text, '\n')) {
    out += fmt::format("{:{}}{}\n", "", indent + 2, std::string_view(line.begin(), line.end()));
  }
  return out;
}

// Writes the file.
class Writer {
 public:
  Writer(const Budgets& budgets, TimeScale scale)
      : scale_(scale), availability_(budgets.find(Section::kAvailability, {}, "failed")) {}

  std::string all(const Budgets& budgets) {
    group("souk_objectives", kInterval);
    for (const auto& objective : budgets.objectives()) {
      if (&objective == availability_) continue;  // over the windows of its burn rates
      record(record_name(objective), objective, objective.window);
    }
    group("souk_error_budget", kBudgetInterval);
    if (availability_ != nullptr) record_burn_rates();
    group("souk_alerts", kInterval);
    for (const auto& alert : alerts()) {
      std::visit([&](const auto& condition) { write(alert, condition, budgets); }, alert.condition);
    }
    return std::move(out_);
  }

 private:
  void group(std::string_view name, std::chrono::seconds interval) {
    if (out_.empty()) out_ = fmt::format("{}groups:\n", kOpening);
    out_ +=
        fmt::format("  - name: {}\n    interval: {}\n    rules:\n", name, scale_.text(interval));
  }

  void record(std::string_view name, const Objective& objective, std::chrono::microseconds window) {
    out_ += fmt::format("      - record: {}\n", name) +
            block("expr", 8, record_expression(objective, scale_.text(window)));
  }

  void record_burn_rates() {
    std::set<std::chrono::minutes> windows;
    for (const auto& rate : kBurnRates) windows.insert({rate.short_window, rate.long_window});
    for (const auto window : windows) {
      record(burn_record(*availability_, window), *availability_, window);
    }
  }

  // `more` are lines of labels.
  void write_alert(const Alert& alert, std::string_view expression,
                   std::chrono::microseconds lasting, Severity severity, std::string_view value,
                   std::string_view more = {}) {
    std::vector<std::string> commands;
    for (const auto& command : alert.commands) commands.push_back(command.line());
    out_ += fmt::format("      - alert: {}\n", alert.name) + block("expr", 8, expression);
    if (lasting.count() > 0) out_ += fmt::format("        for: {}\n", scale_.text(lasting));
    out_ +=
        fmt::format("        labels:\n          severity: {}\n{}", severity_name(severity), more);
    out_ += fmt::format(
        "        annotations:\n          summary: \"{}{}\"\n          customers: \"{}\"\n",
        alert.summary, value, alert.customers);
    out_ += block("commands", 10, fmt::to_string(fmt::join(commands, "\n")));
    out_ += fmt::format("          runbook: docs/runbooks/{}.md\n", alert.name);
  }

  void write(const Alert& alert, const Broken& broken, const Budgets& budgets) {
    const auto& objective = *budgets.find(broken.section, broken.subject, broken.name);
    const auto name = record_name(objective);
    auto expression =
        fmt::format("{} {} {}", name, objective.at_most ? ">" : "<", objective.threshold);
    if (broken.while_growing) {
      expression += fmt::format(" and deriv({}[{}]) > 0", name, scale_.text(objective.window));
    }
    write_alert(alert, expression, *objective.alert_after, objective.severity,
                fmt::format(": {{{{ $value | {} }}}}, {} {}", shown(objective),
                            objective.at_most ? "at most" : "at least", limit_of(objective)));
  }

  void write(const Alert& alert, const ErrorBudgetBurnt&, const Budgets&) {
    for (const auto& rate : kBurnRates) {
      const auto limit = fmt::format("{:g}", rate.factor * availability_->threshold);
      write_alert(
          alert,
          fmt::format("{} > {} and {} > {}", burn_record(*availability_, rate.long_window), limit,
                      burn_record(*availability_, rate.short_window), limit),
          {}, rate.severity,
          fmt::format(": {{{{ $value | humanizePercentage }}}} in {}, at most {:g} times {}",
                      format_duration(rate.long_window), rate.factor, limit_of(*availability_)),
          fmt::format("          window: {}\n", format_duration(rate.long_window)));
    }
  }

  void write(const Alert& alert, const Unreachable&, const Budgets&) {
    write_alert(alert, R"(up{job="souk"} == 0)", kUnreachableAfter, Severity::kPage,
                ": {{ $labels.instance }}");
  }

  const TimeScale scale_;
  const Objective* const availability_;
  std::string out_;
};

const Broken* find_alert(const Objective& objective) {
  for (const auto& alert : alerts()) {
    const auto* broken = std::get_if<Broken>(&alert.condition);
    if (broken != nullptr && broken->section == objective.section &&
        broken->subject == objective.subject && broken->name == objective.name) {
      return broken;
    }
  }
  return nullptr;
}

// Empty if each alert has its objective, and the other way round.
std::string mismatch(const Budgets& budgets) {
  for (const auto& objective : budgets.objectives()) {
    if (objective.alert_after && find_alert(objective) == nullptr) {
      return fmt::format("{} has a \"for\", but src/observe/alerts.cc has no alert for it",
                         objective.title());
    }
  }
  for (const auto& alert : alerts()) {
    const auto* broken = std::get_if<Broken>(&alert.condition);
    const auto* objective = broken == nullptr
                                ? budgets.find(Section::kAvailability, {}, "failed")
                                : budgets.find(broken->section, broken->subject, broken->name);
    if (objective == nullptr || (broken != nullptr && !objective->alert_after)) {
      return fmt::format("the alert {} has no objective with a \"for\"", alert.name);
    }
  }
  return {};
}

}  // namespace

std::expected<std::string, std::string> prometheus_rules(const Budgets& budgets, TimeScale scale) {
  if (auto wrong = mismatch(budgets); !wrong.empty()) return std::unexpected(std::move(wrong));
  return Writer(budgets, scale).all(budgets);
}

}  // namespace souk::observe
