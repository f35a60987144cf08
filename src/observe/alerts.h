// The alerts: what each one watches, and what it tells whoever is called. Thresholds, durations and
// severities are in budgets.toml. An alert NAME has the page docs/runbooks/NAME.md.
// Threading: constants.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "telemetry/budgets.h"

namespace souk::observe {

// The objective is broken, for as long as its `for` says.
struct Broken {
  telemetry::Section section;
  std::string_view subject;
  std::string_view name;
  bool while_growing = false;  // only while the value grows over its window
};

// Of the availability objective: one of kBurnRates is exceeded.
struct ErrorBudgetBurnt {};

// A node's metrics cannot be read.
struct Unreachable {};

// A line for a shell. docs/monitoring.md says what the variables in it are.
struct Command {
  enum class Kind : std::uint8_t {
    kShell,
    kMetrics,  // the metrics of a node that match a regular expression
    kSql,
    kQuery,  // a PromQL expression
  };
  Kind kind;
  std::string_view text;

  std::string line() const;
};

struct Alert {
  std::string_view name;
  std::variant<Broken, ErrorBudgetBurnt, Unreachable> condition;
  std::string_view summary;    // the value and the limit follow it
  std::string_view customers;  // what it means for them
  std::array<Command, 3> commands;
};

std::span<const Alert> alerts();

// Site Reliability Workbook, chapter 5: at `factor` times the rate that uses up the error budget
// exactly, over a long window and over a short one, so that the alert ends soon after its cause.
struct BurnRate {
  double factor;
  std::chrono::hours long_window;
  std::chrono::minutes short_window;
  telemetry::Severity severity;
};
inline constexpr std::array kBurnRates = {
    BurnRate{14.4, std::chrono::hours(1), std::chrono::minutes(5), telemetry::Severity::kPage},
    BurnRate{6, std::chrono::hours(6), std::chrono::minutes(30), telemetry::Severity::kPage},
    BurnRate{1, std::chrono::days(3), std::chrono::hours(6), telemetry::Severity::kTicket},
};

inline constexpr std::chrono::minutes kUnreachableAfter{1};

}  // namespace souk::observe
