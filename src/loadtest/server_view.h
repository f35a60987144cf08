// The run as measured by the shop: its /metrics between two scrapes.
// Threading: plain values.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "telemetry/budgets.h"

namespace souk::loadtest {

// One scrape in Prometheus' text format. Unreadable lines are skipped.
class Scrape {
 public:
  using Labels = std::map<std::string, std::string, std::less<>>;

  explicit Scrape(std::string_view text);

  // The sum over the series of this name with these labels; a label value that ends in '*' is a
  // prefix, one that begins with '!' excludes. Nothing when there is none.
  std::optional<double> sum(std::string_view name, const Labels& labels = {}) const;
  // The greatest value instead of the sum.
  std::optional<double> greatest(std::string_view name, const Labels& labels = {}) const;
  // The sum of the series of histogram `name` with these labels: cumulative counts by upper bound,
  // infinity last. Empty when there is none.
  std::map<double, double> buckets(std::string_view name, const Labels& labels = {}) const;

 private:
  struct Sample {
    Labels labels;
    double value;
  };
  std::multimap<std::string, Sample, std::less<>> samples_;
};

struct Scrapes {
  Scrape before;
  Scrape after;
};

// In seconds. A quantile is the upper bound of its bucket; infinite above the last bound.
struct ServerTimes {
  double count = 0;
  double p95 = 0;
  double p99 = 0;
};

// The value of the objective's metric between two scrapes that are `elapsed` apart; nothing when
// the shop does not record it or there were no events.
std::optional<double> measure(const telemetry::Objective& objective, const Scrape& before,
                              const Scrape& after, std::chrono::duration<double> elapsed);

// Absent values were not measured by the shop.
struct ServerView {
  std::optional<ServerTimes> statements;
  std::vector<std::optional<ServerTimes>> endpoints;  // as in the scenario
  std::optional<double> cache_hit_ratio;
  std::optional<double> cpu_seconds;  // of the shop's process
  std::optional<double> resident_bytes;
};

// `endpoints` are named "GET /api/products/{id}".
ServerView server_view(std::span<const std::string> endpoints, const Scrape& before,
                       const Scrape& after);

}  // namespace souk::loadtest
