// The text of OpenMetrics 1.0 (https://prometheus.io/docs/specs/om/open_metrics_spec/), which has
// what Prometheus' own text format has not: exemplars.
// Threading: pure functions.
#pragma once

#include <prometheus/metric_family.h>

#include <array>
#include <optional>
#include <vector>

#include "telemetry/metrics.h"

namespace souk::telemetry {

// Of a histogram, by bucket.
using BucketExemplars = std::array<std::optional<Exemplar>, kMaxHistogramBuckets + 1>;

struct RenderedFamily {
  prometheus::MetricFamily family;
  std::vector<BucketExemplars> exemplars = {};  // of histograms: for each of family.metric
};

void write_open_metrics(Buffer& out, const std::vector<RenderedFamily>& families);

}  // namespace souk::telemetry
