// How the run looked from the shop's side: what its /metrics counted between two scrapes.
// Threading: plain values.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loadtest/scenario.h"
#include "telemetry/budgets.h"

namespace souk::loadtest {

// One scrape in Prometheus' text format. Lines it cannot read are skipped.
class Scrape {
 public:
  using Labels = std::map<std::string, std::string, std::less<>>;

  explicit Scrape(std::string_view text);

  // Sum over the series of this name that carry these labels, a wanted value that ends in '*' being
  // a prefix; nothing where there is none.
  std::optional<double> sum(std::string_view name, const Labels& labels = {}) const;
  // The histogram `name`, its series with these labels taken together: observations that do not
  // exceed each upper bound, infinity last. Empty where there is none.
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

// In seconds; a quantile is the bound of the bucket it falls in: it was at most that, and no less
// can be said. Infinite beyond the last bound.
struct ServerTimes {
  double count = 0;
  double p95 = 0;
  double p99 = 0;
};

// What the objective's metric says between two scrapes that are `elapsed` apart; nothing where the
// shop does not record it or nothing happened.
std::optional<double> measure(const telemetry::Objective& objective, const Scrape& before,
                              const Scrape& after, std::chrono::duration<double> elapsed);

// What is not there was not measured by the shop.
struct ServerView {
  std::optional<ServerTimes> statements;
  std::array<std::optional<ServerTimes>, kEndpoints> endpoints;
  std::optional<double> cache_hit_ratio;
  std::optional<double> cpu_seconds;  // of the shop's process
  std::optional<double> resident_bytes;
};

ServerView server_view(const Scrape& before, const Scrape& after);

}  // namespace souk::loadtest
