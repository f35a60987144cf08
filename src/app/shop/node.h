// State shared by the workers of this process, and the threads of TraceNode, CacheNode, JobsNode
// and DashboardNode. Created before the first worker starts, destroyed after the last one has
// ended.
//
// Threading: created and destroyed by the main thread; each member has its own rule.
// Ownership: borrows the settings, the clock, the registry and the log, which outlive it.
#pragma once

#include <atomic>

#include "accounts/sign_in_guard.h"
#include "admission/token_buckets.h"
#include "app/settings.h"
#include "app/shop/cache_node.h"
#include "app/shop/dashboard_node.h"
#include "app/shop/database_watch.h"
#include "app/shop/http3.h"
#include "app/shop/jobs_node.h"
#include "app/shop/listeners.h"
#include "app/shop/offload_metrics.h"
#include "app/shop/trace_node.h"
#include "app/shop/warm_up.h"
#include "base/followed_clock.h"
#include "checkout/order_queue.h"
#include "http/dispatcher.h"
#include "http/server/connection_limits.h"
#include "redis/url.h"
#include "reports/export_slots.h"
#include "runtime/offload.h"
#include "runtime/tls/server.h"
#include "statistics/visits.h"
#include "telemetry/log.h"
#include "telemetry/process_metrics.h"

namespace souk::app {

struct Node {
  // `tls` is null without TLS.
  Node(const Settings& settings, const Clock& clock, telemetry::Registry& registry,
       telemetry::Log& log, redis::Url redis_url, Listeners listeners,
       std::unique_ptr<runtime::TlsServer> tls);
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  const Settings& settings;
  const Clock& clock;
  telemetry::Registry& registry;
  telemetry::Log& log;
  const redis::Url redis_url;  // if configured
  Listeners listeners;         // each worker takes its own
  const std::unique_ptr<runtime::TlsServer> tls;
  const std::size_t workers;
  const http::ServerConfig shop_server;
  const http::ServerConfig operator_server;
  http::ConnectionLimits limits;
  http::ConnectionLimits operator_limits;
  std::unique_ptr<Http3> http3;  // set before the workers start; null without HTTP/3
  admission::TokenBuckets rate_buckets;
  http::ProxyWarnings proxy_warnings;
  runtime::Offload hashing;
  OffloadMetrics hashing_metrics;
  accounts::SignInGuard sign_in_guard;
  reports::ExportSlots export_slots;
  FollowedClock database_clock;  // for stored times, and times compared with them
  statistics::Visits visits;
  DatabaseWatch database;
  TraceNode traces;
  CacheNode cache;
  WarmUp warm_up;
  checkout::OrderQueue order_queue;
  JobsNode jobs;
  DashboardNode dashboard;
  telemetry::ProcessMetrics process_metrics;
};

// The number of workers that the settings ask for.
std::size_t worker_count(const Settings& settings);

}  // namespace souk::app
