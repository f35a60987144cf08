// What pages of a storefront report of themselves.
#pragma once

#include "telemetry/metrics.h"

namespace souk::vitals {

struct MetricTable {
  telemetry::HistogramSpec times{
      "souk_vitals_seconds",
      "Times that a storefront's pages report: load (until the load event), lcp (largest "
      "contentful paint), fcp (first contentful paint), ttfb (first byte), inp (interaction to "
      "next "
      "paint).",
      {"vital", "page"}};
  telemetry::HistogramSpec shifts{
      "souk_vitals_layout_shift",
      "Cumulative layout shift (CLS) that a storefront's pages report; a score without a unit.",
      {"page"}};
  telemetry::CounterSpec reports{
      "souk_vitals_reports_total",
      "Reports taken from a storefront's pages, by page: of vitals.pages, or other.",
      {"page"}};
};
inline constexpr MetricTable kMetrics;

}  // namespace souk::vitals
