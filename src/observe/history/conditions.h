// Each alert as it would fire now, by the same meaning as the rules that Prometheus has: the value
// over the objective's window, for as long as its `for` says. The error budget is judged over the
// same windows, of which the history has those of a week.
//
// Threading: one thread. Ownership: borrows the budgets, which outlive it.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "observe/alerts.h"
#include "observe/history/ring.h"

namespace souk::observe {

struct Condition {
  enum class State : std::uint8_t { kNoData, kQuiet, kPending, kFiring };
  const Alert* alert;
  telemetry::Severity severity;
  Unit unit;
  bool at_most;
  double limit;
  std::string over = {};  // the window of a burn rate
  State state = State::kNoData;
  double value = 0;   // NaN: no data
  Seconds since = 0;  // of pending and firing: since when it is broken
};

class Conditions {
 public:
  // Adds its inputs to the layout.
  Conditions(Layout& layout, const telemetry::Budgets& budgets);

  // The rows of the last so many seconds as one.
  using Over = std::function<RowView(Seconds window)>;
  // How a gauge or a rate changes over the window, a second.
  using Slope = std::function<double(const Measure&, Seconds window)>;
  // `gone`: nodes that have not been heard of for kUnreachableAfter.
  void judge(Seconds now, const Over& over, const Slope& slope, std::size_t gone);

  std::span<const Condition> all() const { return conditions_; }

 private:
  struct Rule {
    Measure measure;
    Seconds window = 0;
    Seconds also = 0;  // a second window that must be broken too; 0: none
    Seconds lasting = 0;
    bool while_growing = false;
    bool of_nodes = false;
  };
  void add(Condition condition, Rule rule);

  std::vector<Condition> conditions_;
  std::vector<Rule> rules_;
};

}  // namespace souk::observe
