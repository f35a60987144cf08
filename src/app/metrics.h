// The metrics of the composition root.
#pragma once

#include "telemetry/metrics.h"

namespace souk::app {

struct MetricTable {
  telemetry::GaugeSpec offload_waiting{
      "souk_offload_waiting",
      "Work items waiting for a thread: hashing, compressing, disk (mail), names (of webhooks).",
      {"queue"}};
  telemetry::CounterSpec offload_refused{
      "souk_offload_refused_total", "Work items refused because the queue was full.", {"queue"}};
  telemetry::GaugeSpec certificate_expiry{
      "souk_tls_certificate_expiry_timestamp_seconds",
      "When the first of the TLS certificates in use expires, in Unix time."};
  telemetry::CounterSpec tls_reloads{
      "souk_tls_reloads_total",
      "Reloads of certificates, keys, stapled responses and ticket keys, by result: done, or "
      "refused (a file is missing or broken; the old ones stay in use).",
      {"result"}};
  telemetry::GaugeSpec database_ready{
      "souk_database_ready",
      "1 while the database has this version's schema and is writable (or readable, with "
      "database.read_only); checked every second."};
  telemetry::GaugeSpec warmed_products{"souk_warm_up_products",
                                       "Products that were cached before this node was ready."};
  telemetry::GaugeSpec warm_up_seconds{
      "souk_warm_up_seconds",
      "How long this node filled its cache before it was ready; at most cache.warm_up_time."};
  telemetry::CounterSpec housekeeping_paused{
      "souk_housekeeping_paused_total",
      "Runs of housekeeping that deleted nothing, and runs that ended no unpaid orders, because "
      "the database's clock jumped recently; it is trusted again after an hour without a jump."};
};
inline constexpr MetricTable kMetrics;

}  // namespace souk::app
