// The objectives of budgets.toml, defined only there: thresholds and the metrics they apply to.
// docs/budgets.md explains the file.
// Threading: plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "telemetry/metrics.h"

namespace souk::telemetry {

// The scope of an objective. kClass, kEndpoint and kQueue have a subject.
enum class Section : std::uint8_t {
  kApi,
  kClass,     // a priority class of routes
  kEndpoint,  // "METHOD /route/{template}"
  kDatabase,
  kCache,
  kQueue,
  kResources,
  kAvailability,
  kState,  // values that only alerts judge, not a load test
};

enum class Severity : std::uint8_t { kTicket, kPage };

// Whether a label's value is among those that `wanted` names: "x", "x*" for a prefix, or either
// after "!" for all others.
bool is_wanted(std::string_view wanted, std::string_view value);

// Of Objective::apdex: what is tolerated takes at most so many times as long as what satisfies.
inline constexpr double kToleratedTimes = 4;
// What satisfies a client, in seconds: so the objective of 200 ms is what it tolerates.
inline constexpr double kSatisfied = 0.05;

struct Objective {
  using Labels = std::map<std::string, std::string, std::less<>>;

  Section section = Section::kApi;
  std::string subject = {};
  std::string name;                     // "p95"; unique for its section and subject
  std::string metric;                   // counters by rate per second, gauges by value
  Labels where = {};                    // its series; "5*" is a prefix, "!x" all but x (is_wanted)
  std::optional<double> quantile = {};  // of a histogram, as `apdex`; one of them
  // Of a histogram: the share within so many seconds, and half of that within four times as many.
  // Both are among its bounds. Apdex Alliance, technical specification 1.1.
  std::optional<double> apdex = {};
  std::vector<std::string> share_of = {};  // the metric is divided by the sum of these
  bool at_most = true;                     // else at least
  double threshold = 0;                    // in the metric's unit, or a share
  bool is_duration = false;                // in seconds
  std::chrono::microseconds window{};      // the time it is measured over
  std::optional<std::chrono::microseconds> alert_after = {};  // broken for that long
  Severity severity = Severity::kTicket;

  // The exclusions of `where`: they apply to `share_of`, too.
  Labels excluded() const;
  std::string title() const;  // "api p95", "endpoint POST /api/orders p95"
};

class Budgets {
 public:
  explicit Budgets(std::vector<Objective> objectives) : objectives_(std::move(objectives)) {}

  std::span<const Objective> objectives() const { return objectives_; }
  // Null if there is none.
  const Objective* find(Section section, std::string_view subject, std::string_view name) const;
  // The endpoint's own objective of that name, else the API's; null if there is neither.
  const Objective* of_endpoint(std::string_view endpoint, std::string_view name) const;

 private:
  std::vector<Objective> objectives_;
};

// `metrics` are those that the shop records. Errors: a sentence that names the file, the key and
// the expected value, for an unknown or missing key, or an objective that no metric can answer.
// `source` is the file's name in it.
std::expected<Budgets, std::string> parse_budgets(std::string_view toml, std::string_view source,
                                                  std::span<const MetricSpec* const> metrics);
std::expected<Budgets, std::string> load_budgets(const std::string& path,
                                                 std::span<const MetricSpec* const> metrics);

}  // namespace souk::telemetry
