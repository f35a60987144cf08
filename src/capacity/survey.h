// Measures what a shop carries on this machine: its ceiling in the closed model, rates below it in
// the open model, judged by the budgets, and what a request, a connection and an order cost.
// Threading: blocks; one thread. Ownership: borrows the shops and the stop flag for the call.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "base/error.h"
#include "capacity/growth.h"
#include "capacity/resources.h"
#include "capacity/scalability.h"
#include "loadtest/loadtest.h"

namespace souk::capacity {

inline constexpr double kConfidence = 0.95;
inline constexpr std::size_t kFewestConcurrencies = 3;
inline constexpr std::size_t kFewestRepeats = 2;

struct SurveyConfig {
  std::vector<std::size_t> workers;        // of the shop, one series each
  std::vector<std::size_t> concurrencies;  // users without think time; at least three
  std::size_t repeats = kFewestRepeats;    // at least two, in turn
  std::vector<double> shares;              // of the ceiling, ascending
  std::size_t connections = 4'000;         // that memory is measured with; 0: it is not
  std::chrono::nanoseconds think_time{};   // of the mix's users
  // Of each point after its warm-up; at least 2 s, since the machine is read once a second.
  std::chrono::nanoseconds warm_up = std::chrono::seconds(1);
  std::chrono::nanoseconds point = std::chrono::seconds(3);
  std::chrono::nanoseconds rate = std::chrono::seconds(8);
};

// A shop that is being served.
struct ServedShop {
  std::string url;
  std::string operator_url;
  std::string database_url;
};
class Shops {
 public:
  virtual ~Shops() = default;
  // Serves it with so many workers instead of the last time. Errors: unavailable.
  virtual Result<ServedShop> serve(std::size_t workers) = 0;
};

struct Point {
  double asked = 0;       // users, or arrivals a second
  double per_second = 0;  // answered well
  double mean = 0;        // seconds, as all of latency
  double p95 = 0;
  double p99 = 0;
  double failed = 0;    // share
  double lateness = 0;  // p99 of the generator
  Usage usage;
};

struct RatePoint {
  double share = 0;  // of the ceiling
  Point point;
  std::vector<std::string> broken;  // budgets
};

struct Series {
  std::size_t workers = 0;
  double calibration = 0;  // see calibrate(), just before
  std::vector<Point> closed;
  std::optional<Scalability> law;
  std::string why_no_law;
  Estimate ceiling;  // requests a second; without a law no interval is known
  double ceiling_users = 0;
  Usage at_ceiling;
  std::vector<RatePoint> rates;
  std::optional<double> certified;  // the highest rate that keeps all budgets, as all below it do
};

struct OrderCost {
  std::uint64_t orders = 0;
  double disk_bytes = 0;  // of one
  double wal_bytes = 0;
};

struct Survey {
  loadtest::Environment environment;
  loadtest::DataSize data;
  std::optional<loadtest::ShopFacts> shop;
  std::string scenario;
  std::vector<Series> series;
  std::optional<std::size_t> best;     // of the series: the highest certified rate
  std::optional<Costs> costs;          // at the best series' certified rates
  std::optional<Estimate> connection;  // bytes of memory of a connection
  std::optional<OrderCost> order;
  std::vector<double> calibrations;  // of all series and the end
  bool interrupted = false;

  // Of the mix, at the best certified rate.
  std::optional<double> users() const;
};

// Steps of a fixed loop of one thread in a second, in millions: what this machine gives at the
// moment.
double calibrate(std::chrono::nanoseconds lasting = std::chrono::milliseconds(500));

// `options` are those of a load test with the scenario of the mix; its shop is set here.
Result<Survey> survey(Shops& shops, const loadtest::Options& options, const SurveyConfig& config,
                      std::ostream& progress, const std::atomic<bool>& stop);

}  // namespace souk::capacity
