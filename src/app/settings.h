// Every setting of Souk as one tree of plain structs, and one table (settings_table.cc) that gives
// each a name, a help text and bounds. The default is the member's initialiser, overridden by
// souk.toml, then the environment (SOUK_SECTION_NAME), then flags. To add a setting: a member of
// its struct and a line of the table.
// Threading: plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "accounts/config.h"
#include "accounts/sign_in_guard.h"
#include "admission/controller.h"
#include "admission/rate_limits.h"
#include "app/setting_value.h"
#include "base/buffer_pool.h"
#include "cache/hybrid/shared_cache.h"
#include "catalog/searches.h"
#include "checkout/open_orders.h"
#include "checkout/order_queue.h"
#include "checkout/payment_flow.h"
#include "checkout/reservations.h"
#include "confirmation/config.h"
#include "http/h3/config.h"
#include "http/server_config.h"
#include "jobs/config.h"
#include "mail/config.h"
#include "orders/store.h"
#include "payments/sandbox_provider.h"
#include "postgres/pool_config.h"
#include "redis/config.h"
#include "reports/reports.h"
#include "runtime/tls/server_context.h"
#include "telemetry/log.h"
#include "telemetry/process_metrics.h"
#include "telemetry/traces.h"
#include "vitals/vitals.h"
#include "webhooks/types.h"

namespace souk::app {

struct LogSettings {
  telemetry::LogLevel level = telemetry::LogLevel::kInfo;
};

struct ProcessSettings {
  std::string user;
};

struct RuntimeSettings {
  std::size_t workers = 0;  // 0: one for each core
};

struct ServeSettings {
  // How long `serve` waits at start for a database that does not answer.
  std::chrono::milliseconds database_wait{10'000};
  bool read_only = false;  // e.g. from a standby: no writes, no jobs, no cache
};

struct RedisSettings {
  std::string url;             // empty: without Redis
  redis::ClientConfig client;  // all but its url
};

struct CacheSettings {
  cache::CacheConfig config;
  // Of all kinds, in memory.
  std::chrono::milliseconds memory_ttl{300'000};
  std::chrono::milliseconds absent_ttl{10'000};
  std::chrono::milliseconds max_stale{600'000};
  // By kind, in Redis.
  std::chrono::milliseconds product_ttl{1'800'000};
  std::chrono::milliseconds stock_ttl{300'000};
  std::chrono::milliseconds default_ttl{3'600'000};
  // Of the change log.
  std::chrono::milliseconds catalog_log_retention{3'600'000};
  std::chrono::milliseconds stock_log_retention{120'000};
  // For caches between Souk and its clients.
  std::chrono::seconds shared_max_age{0};
  // Before a node is ready.
  std::size_t warm_up = 1'000;  // products; 0: none
  std::chrono::milliseconds warm_up_time{2'000};
};

struct CheckoutSettings {
  checkout::QueueLimits queue;
  checkout::OpenLimits open;
  bool require_address = true;
  orders::store::UnpaidLifetimes unpaid{std::chrono::minutes(30), std::chrono::days(14)};
  checkout::ReservationLimits holds;
  std::chrono::milliseconds expiry_interval{1'000};
};

struct AccountSettings {
  std::size_t hashing_threads = 0;  // 0: one for each core, up to kMaxHashingThreads
  accounts::SignInLimits sign_in;
  accounts::AccountsConfig config;
  accounts::RequestsConfig requests;
  std::chrono::milliseconds audit_retention{365LL * 86'400'000};
};

struct PaymentSettings {
  bool sandbox = false;
  bool manual = false;
  std::string default_provider;
  checkout::PaymentConfig config;
  payments::WebhookConfig webhooks;
  std::chrono::milliseconds resume_interval{5'000};
  std::chrono::milliseconds sandbox_late{1'000};
};

struct JobsSettings {
  jobs::JobsConfig config;
  std::chrono::milliseconds housekeeping_interval{600'000};
  std::chrono::milliseconds key_retention{7 * 86'400'000};
  std::chrono::milliseconds history_retention{30LL * 86'400'000};
};

// The operator's address: metrics, readiness reasons, jobs and cache.
struct OperatorSettings {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: derived from the shop's, see shop/listeners.h
  std::size_t max_connections = 64;
  bool dashboard_everywhere = false;  // on the shop's address, too
};

struct TlsSettings {
  runtime::TlsServerConfig server;  // without certificates: no TLS
  std::uint16_t port = 0;           // 0: derived from the shop's, see shop/listeners.h
  bool redirect = false;
  std::uint16_t redirect_port = 0;  // 0: port
  // Requests in plain text are answered on addresses that other hosts reach.
  bool plaintext = false;

  bool is_on() const { return !server.certificates.empty(); }
};

struct CostSettings {
  std::optional<telemetry::CorePrice> core_hour_price;  // none: nothing is shown of money
};

struct DataSettings {
  std::string directory = "data";
};

struct Settings {
  ProcessSettings process;
  RuntimeSettings runtime;
  http::ServerConfig http;
  TlsSettings tls;
  http::h3::Config http3;
  admission::ControllerConfig admission;
  admission::RateLimitsConfig rate_limits;
  OperatorSettings operators;
  postgres::PoolConfig database;
  ServeSettings serve;
  RedisSettings redis;
  CacheSettings cache;
  AccountSettings accounts;
  CheckoutSettings checkout;
  PaymentSettings payments;
  JobsSettings jobs;
  confirmation::Config confirmation;
  mail::Config mail;
  webhooks::Config webhooks;
  jobs::BatchLimits statistics{.max_items = 1'000};
  reports::ReportsConfig reports;
  catalog::SearchConfig search;
  BufferPool::Config memory;
  DataSettings data;
  LogSettings log;
  CostSettings cost;
  vitals::Config vitals;
  telemetry::TracingConfig tracing;
};

struct Setting {
  std::string_view section;
  std::string_view name;
  std::string_view help;  // one sentence
  SettingValue value;
  std::string_view flag = {};      // its own flag, besides --set section.name=value
  std::string_view variable = {};  // a common variable, overridden by SOUK_SECTION_NAME

  std::string key() const;               // "http.port"
  std::string environment_name() const;  // "SOUK_HTTP_PORT"
  // For people; "[redacted]" for a secret that is set.
  std::string printed(const Settings& settings) const;
};

// In the order of the reference page, grouped by section.
std::span<const Setting> all_settings();
// Null if there is none with that key.
const Setting* find_setting(std::string_view key);
// The error in a combination of settings that are valid alone; empty if there is none.
std::string contradiction(const Settings& settings);

enum class SettingSource : std::uint8_t { kDefault, kFile, kEnvironment, kFlag };
std::string_view setting_source_name(SettingSource source);

struct SettingOrigin {
  SettingSource source = SettingSource::kDefault;
  std::string name = {};  // the file, variable or flag; empty for a default
};

using Environment = std::map<std::string, std::string, std::less<>>;

struct SettingFlag {
  std::string flag;  // as written, e.g. "--port"
  std::string key;
  std::string value;
};

struct SettingSources {
  std::optional<std::string> file = {};  // must exist; default: souk.toml, if it exists
  Environment environment = {};
  std::vector<SettingFlag> flags = {};
};

struct EffectiveSettings {
  Settings values;
  std::vector<SettingOrigin> origins;  // one for each of all_settings()
  // A sentence for each variable that looks like a setting but is not one; a warning, not an error,
  // because container platforms set such names.
  std::vector<std::string> unknown_variables;
};

inline constexpr std::string_view kDefaultSettingsFile = "souk.toml";

// The error is one sentence that names the flag, variable or file and key, the value and the
// expected form; or two settings that contradict each other.
std::expected<EffectiveSettings, std::string> load_settings(const SettingSources& sources);

}  // namespace souk::app
