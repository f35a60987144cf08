// Reads a node's metrics once a second into a row of the history.
// Threading: one thread. Ownership: borrows layout and registry, which outlive it.
#pragma once

#include <optional>
#include <vector>

#include "observe/history/ring.h"
#include "telemetry/metrics.h"

namespace souk::observe {

class Sampler {
 public:
  Sampler(const Layout& layout, const telemetry::Registry& registry);

  // The row of the second that begins at `at`; `elapsed`: seconds since the last call. Nothing at
  // the first call. Valid until the next one.
  std::optional<RowView> sample(Seconds at, double elapsed);

 private:
  void read();
  double total(const Input& input) const;

  const Layout& layout_;
  const telemetry::Registry& registry_;
  bool begun_ = false;
  std::vector<double> before_;  // counters and buckets; of a gauge per another: the counter
  std::vector<double> now_;
  std::vector<float> row_;
};

}  // namespace souk::observe
