#include "observe/expressions.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <ranges>
#include <vector>

#include "base/assert.h"
#include "base/parse.h"

namespace souk::observe {
namespace {

using telemetry::Objective;

bool is_counter(std::string_view metric) { return metric.ends_with("_total"); }

// For a regular expression in a PromQL text.
std::string escaped(std::string_view literal) {
  std::string result;
  for (const char c : literal) {
    if (std::string_view("\\.+*?()[]{}|^$").contains(c)) result += "\\\\";
    result += c;
  }
  return result;
}

std::string matcher(std::string_view label, std::string_view value) {
  const bool is_excluded = value.starts_with('!');
  if (is_excluded) value.remove_prefix(1);
  if (!value.contains('|') && !value.ends_with('*')) {
    return fmt::format(R"({}{}"{}")", label, is_excluded ? "!=" : "=", value);
  }
  std::vector<std::string> patterns;
  for (const auto each : std::views::split(value, '|')) {
    std::string_view literal(each.begin(), each.end());
    const bool is_prefix = literal.ends_with('*');
    if (is_prefix) literal.remove_suffix(1);
    patterns.push_back(escaped(literal) + (is_prefix ? ".*" : ""));
  }
  return fmt::format(R"({}{}"{}")", label, is_excluded ? "!~" : "=~", fmt::join(patterns, "|"));
}

std::string selector(std::string_view metric, const Objective::Labels& where) {
  std::string matchers;
  for (const auto& [label, value] : where) {
    if (!matchers.empty()) matchers += ", ";
    matchers += matcher(label, value);
  }
  return matchers.empty() ? std::string(metric) : fmt::format("{}{{{}}}", metric, matchers);
}

std::string sum(std::string_view metric, const Objective::Labels& where, std::string_view by,
                std::string_view window) {
  return fmt::format("sum by ({}) ({}({}[{}]))", by, is_counter(metric) ? "rate" : "avg_over_time",
                     selector(metric, where), window);
}

}  // namespace

std::string TimeScale::text(std::chrono::microseconds duration) const {
  using Milliseconds = std::chrono::duration<double, std::milli>;
  const auto scaled = std::llround(Milliseconds(duration).count() * factor);
  return format_duration(std::chrono::milliseconds(std::max(scaled, 1LL)));
}

std::string record_name(const Objective& objective) {
  std::string name = "souk:";
  for (const unsigned char c : objective.title()) {
    if (std::isalnum(c) != 0) {
      name += static_cast<char>(std::tolower(c));
    } else if (!name.ends_with('_')) {
      name += '_';
    }
  }
  return name;
}

std::string record_expression(const Objective& objective, const std::string& window,
                              const Objective::Labels& whole) {
  const auto& metric = objective.metric;
  const auto& where = objective.where;
  if (objective.quantile) {
    // Without observations the quantile is NaN, which is not >= 0.
    return fmt::format("histogram_quantile({}, sum by (job, le) (rate({}[{}]))) >= 0",
                       *objective.quantile, selector(metric + "_bucket", where), window);
  }
  if (objective.apdex) {
    const auto rate = [&](std::string_view suffix, Objective::Labels labels) {
      return fmt::format("sum by (job) (rate({}[{}]))",
                         selector(metric + std::string(suffix), labels), window);
    };
    const auto within = [&](double seconds) {
      // A whole bound has two spellings: "1", and "1.0" in OpenMetrics.
      SOUK_ASSERT(seconds != std::floor(seconds));
      auto labels = where;
      labels.emplace("le", fmt::format("{}", seconds));
      return rate("_bucket", labels);
    };
    return fmt::format("({} + {}) / 2\n/ ({} > 0)", within(*objective.apdex),
                       within(telemetry::kToleratedTimes * *objective.apdex),
                       rate("_count", where));
  }
  const bool of_an_instance =
      !is_counter(metric) || !std::ranges::all_of(objective.share_of, is_counter);
  const std::string_view by = of_an_instance ? "job, instance" : "job";
  auto value = sum(metric, where, by, window);
  if (objective.share_of.empty()) return value;
  auto whole_labels = objective.excluded();
  whole_labels.insert(whole.begin(), whole.end());
  std::vector<std::string> parts;
  for (const auto& part : objective.share_of) {
    parts.push_back(sum(part, whole_labels, by, window));
  }
  const auto sum_of_whole =
      parts.size() == 1 ? parts.front() : fmt::format("({})", fmt::join(parts, " + "));
  // The series of a label, such as a status, exists from its first event on: until then it is 0.
  const bool always_exists = parts.size() == 1 && std::ranges::all_of(where, [](const auto& label) {
                               return label.second.starts_with('!');
                             });
  const auto share = always_exists ? value : fmt::format("({}\n  or 0 * {})", value, sum_of_whole);
  return fmt::format("{}\n/ ({} > 0)", share, sum_of_whole);
}

}  // namespace souk::observe
