// A complete load test: reads the catalogue, drives the load, reads the shop's metrics, audits, and
// judges.
// Threading: one thread calls; it starts the plan's threads and waits for them.
// Ownership: plain values; streams and the stop flag are borrowed for the call.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "base/error.h"
#include "loadtest/driver.h"
#include "loadtest/verdict.h"
#include "loadtest/workload.h"
#include "telemetry/metrics.h"

namespace souk::loadtest {

inline constexpr int kExitKept = 0;
inline constexpr int kExitBroken = 1;       // a budget, or the audit
inline constexpr int kExitUsage = 2;        // an option, or a file it names
inline constexpr int kExitCouldNotRun = 3;  // no shop, no products, not enough descriptors, ...

struct Options {
  Scenario scenario;
  Plan plan;
  Wants wants;
  std::string url;
  std::string operator_url;  // its /metrics are the shop's own measurements
  std::string ca_file;       // trusted authorities of https://; empty: the system's
  std::string tokens_file;
  std::string password_file;  // of the buyers; read if the scenario uses ${password}
  std::string database_url;   // for the audit; empty: unknown
  bool audit = true;
  std::string acknowledged_file;                           // or empty
  std::string json_file;                                   // or empty
  std::string junit_file;                                  // or empty
  std::string html_file;                                   // or empty
  std::string budgets_file;                                // empty: those compiled in
  std::vector<const telemetry::MetricSpec*> metrics = {};  // the shop's, which budgets refer to
  // Of a shop of another make, which is asked for nothing but the scenario: it has no tokens, and
  // is not audited.
  std::optional<Catalogue> catalogue = {};
};

struct Console {
  std::ostream& out;  // the report
  std::ostream& err;  // progress and errors
  bool is_terminal;   // of err: progress every second, else every ten
};

// A shop that is loaded more than once: its catalogue, tokens and budgets are read once.
// Threading: one thread calls. Ownership: its own copy of the options.
class Session {
 public:
  // Errors: as exit statuses: invalid_request for usage, others when the shop cannot be loaded.
  static Result<Session> begin(Options options, std::ostream& err);
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  const Options& options() const;
  // One run; the orders that were acknowledged are appended to `acknowledged` if it is not null.
  Measurements run(const Plan& plan, const std::atomic<bool>& stop,
                   std::vector<Acknowledged>* acknowledged = nullptr);
  std::vector<Judgement> judge(const Measurements& measured) const;

 private:
  struct State;
  explicit Session(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Returns the exit status. Setting `stop` ends the run early; the report covers the measured part.
int run_load_test(const Options& options, const Console& console, const std::atomic<bool>& stop);

// Audits with a file written by --acknowledged, after any crash of shop or tester.
int run_audit(const std::string& database_url, const std::string& acknowledged_file,
              const Console& console);

// Repeats the run and writes its results to `file`, for compare_with_file(). No budget is judged
// and nothing is audited.
int save_baseline(const Options& options, std::size_t repeats, const std::string& file,
                  const Console& console, const std::atomic<bool>& stop);
// Repeats the run, and prints what has changed since the baseline: a file, or another shop that is
// loaded in turn, so that both meet the same moods of the machine. kExitBroken when something is
// worse and that is no noise.
int compare_with_file(const Options& options, std::size_t repeats, const std::string& file,
                      const Console& console, const std::atomic<bool>& stop);
int compare_with_shop(const Options& options, const Options& baseline, std::size_t repeats,
                      const Console& console, const std::atomic<bool>& stop);

}  // namespace souk::loadtest
