// A load scenario: what its users do (flows), how many there are over time (stages), and what it
// promises (thresholds). Scenarios are files of TOML, some of them compiled in;
// docs/load-tests.md explains them.
// Threading: plain values.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "http/message.h"
#include "loadtest/load_shape.h"
#include "loadtest/text_template.h"

namespace souk::loadtest {

inline constexpr std::size_t kMaxUsers = 1'000'000;
inline constexpr double kMaxRate = 10'000'000;
inline constexpr std::size_t kMaxStages = 100;
inline constexpr std::size_t kMaxFlows = 32;
inline constexpr std::size_t kMaxSteps = 32;  // of a flow
inline constexpr std::size_t kMaxOrderLines = 10;

// The variables that every step may use; those taken from answers follow them.
enum class Variable : std::uint8_t {
  kProduct,
  kList,
  kLines,
  kPassword,
  kUnique,
  kCategory,
  kWord,
  kItem
};
inline constexpr std::size_t kVariables = 8;

// The kinds of list requests that ${list} draws, in any unit.
struct ListMix {
  double plain = 20;
  double category = 30;
  double price_range = 15;
  double sorted = 10;
  double search = 10;
  double next_page = 15;  // of the user's last list; at its end, a plain list
};

struct DataShape {
  double popularity = 1;          // the exponent of Zipf's law
  std::size_t products = 20'000;  // at most so many are used
  std::size_t order_lines = 3;    // an order has 1 to so many
  ListMix lists;
};

enum class Sender : std::uint8_t { kNobody, kBuyer, kToken };

struct Step {
  struct Taken {
    std::size_t variable;
    std::string pointer;  // RFC 6901, into the answer
  };

  std::size_t endpoint = 0;  // of Scenario::endpoints
  http::Method method = http::Method::kGet;
  TextTemplate target;  // path and query
  TextTemplate body;
  Sender as = Sender::kNobody;
  TextTemplate token;         // of Sender::kToken
  bool idempotent = false;    // sent with a key, again while its outcome is unknown
  bool is_order = false;      // its 201 is acknowledged for the audit
  std::vector<int> expected;  // statuses
  std::string has;            // a pointer: what a good answer must have, and not null
  std::string lacks;          // a pointer: what a good answer does not have
  std::vector<Taken> taken;
  std::optional<std::chrono::nanoseconds> think_time;  // after it, instead of the scenario's
};

struct Flow {
  std::string name;
  double share = 0;
  std::vector<Step> steps;
};

// The scenario's own objective for an endpoint, or for all requests.
struct Threshold {
  std::optional<std::size_t> endpoint;
  std::string name;                // "p95", "error_rate", "per_second"
  std::optional<double> quantile;  // of latency
  double limit = 0;                // seconds, a share, or requests a second (at least)
};

struct Scenario {
  struct Breakpoint {
    LoadShape::Time begin;
    std::optional<double> at_least;  // the level that must be carried
  };

  std::string name;
  std::string summary;
  std::string text;  // of the file
  bool is_open = false;
  std::size_t connections = 0;  // of the open model
  std::chrono::nanoseconds think_time{};
  std::chrono::nanoseconds warm_up{};  // the first part of the stages, not judged
  LoadShape shape;
  std::optional<Breakpoint> breakpoint;  // its stage is the last one
  std::optional<double> memory_growth;   // the largest, as a share, of a soak
  bool judges_cpu = false;
  DataShape data;
  std::vector<std::string> variables;  // names
  std::vector<std::string> endpoints;  // "GET /api/products", as in metrics and budgets, or names
  std::vector<Flow> flows;
  std::vector<Threshold> thresholds;

  bool uses(Variable variable) const;
  // The same form in another time: stages and warm-up.
  void set_duration(std::chrono::nanoseconds duration);
};

struct BuiltinScenario {
  std::string_view name;
  std::string_view text;
};
std::span<const BuiltinScenario> builtin_scenarios();

// Errors: invalid_request with a sentence that begins with "SOURCE:LINE: ".
Result<Scenario> parse_scenario(std::string_view toml, std::string_view source);
// A built-in one by its name, else a file. Errors: as above, and for a file that cannot be read.
Result<Scenario> load_scenario(const std::string& name_or_file);

}  // namespace souk::loadtest
