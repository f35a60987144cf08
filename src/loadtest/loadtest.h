// A load test from beginning to end: gets to know the shop, drives the load, looks at the shop's
// metrics and books, and judges.
// Threading: one thread calls; it starts the plan's threads and waits for them.
// Ownership: plain values; streams and the stop flag are borrowed for the call.
#pragma once

#include <atomic>
#include <ostream>
#include <string>
#include <vector>

#include "loadtest/driver.h"
#include "loadtest/workload.h"
#include "telemetry/metrics.h"

namespace souk::loadtest {

inline constexpr int kExitKept = 0;
inline constexpr int kExitBroken = 1;       // a budget, or the books
inline constexpr int kExitUsage = 2;        // an option, or a file it names
inline constexpr int kExitCouldNotRun = 3;  // no shop, no products, not enough descriptors, ...

struct Options {
  std::string scenario;
  Plan plan;
  Wants wants;
  std::string url;
  std::string operator_url;  // whose /metrics are the shop's own view
  std::string tokens_file;
  std::string database_url;  // for the audit; empty: none is known
  bool audit = true;
  std::string acknowledged_file;  // or empty
  std::string json_file;          // or empty
  std::string budgets_file;       // or empty: those this binary was built with
  std::vector<const telemetry::MetricSpec*> metrics = {};  // of the shop; budgets name them
};

struct Console {
  std::ostream& out;  // the report
  std::ostream& err;  // progress and errors
  bool is_terminal;   // of err: progress every second, else every ten
};

// Returns the exit status. Setting `stop` ends the run early; the report then covers what there is.
int run_load_test(const Options& options, const Console& console, const std::atomic<bool>& stop);

// Audits by a file that --acknowledged wrote, after whatever happened to shop and tester.
int run_audit(const std::string& database_url, const std::string& acknowledged_file,
              const Console& console);

}  // namespace souk::loadtest
