// What admission control counts.
// Threading: cells belong to one worker. Ownership: the registry's.
#pragma once

#include "telemetry/metrics.h"

namespace souk::admission {

struct MetricTable {
  telemetry::CounterSpec shed{
      "souk_admission_shed_total",
      "Requests answered 503 before anything was done for them, by their route's priority and the "
      "queue that was too long: requests (unread in the kernel), loop (events of a worker), "
      "statements and connections (of the database), loads (of the cache), orders.",
      {"priority", "queue"}};
  telemetry::GaugeSpec delay{
      "souk_admission_delay_seconds",
      "How long everything in a queue has lately waited at least; admission control sheds what "
      "lets it stay above its target. Measured while any queue is above its own.",
      {"queue", "worker"}};
  telemetry::GaugeSpec level{
      "souk_admission_level",
      "How many priorities a worker sheds at the moment, the least important first; 0: none.",
      {"worker"}};
  telemetry::CounterSpec rate_limited{
      "souk_admission_rate_limited_total",
      "Requests answered 429 because a network or an account has used up its quota.",
      {"quota", "of"}};
  telemetry::CounterSpec buckets_evicted{
      "souk_admission_buckets_evicted_total",
      "Token buckets that were not full and were evicted, because too many clients were counted."};
  telemetry::CounterSpec shared_takes{
      "souk_admission_shared_takes_total",
      "Buckets whose taken tokens were told to the other nodes through Redis, or counted by this "
      "node only: shared, local.",
      {"how"}};
};
inline constexpr MetricTable kMetrics;

}  // namespace souk::admission
