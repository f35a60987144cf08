#include "app/shop/run_shop.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "app/commands/command.h"
#include "app/shop/listeners.h"
#include "app/shop/tls_reload.h"
#include "app/unprotected.h"
#include "base/open_files.h"
#include "http/client/target.h"

namespace souk::app {
namespace {

constexpr std::chrono::milliseconds kWatchEvery{500};
// In addition to connections of clients and to the database: listeners, event loops, Redis, logs.
constexpr std::size_t kSpareDescriptors = 128;

// Limits connections to the descriptors: above max_connections a client gets a 503, without a
// descriptor nothing.
Settings within_open_files(Settings settings, telemetry::Log& log) {
  auto& wanted = settings.http.max_connections;
  const auto others =
      settings.database.max_connections + settings.operators.max_connections + kSpareDescriptors;
  const auto allowed = allow_open_files(wanted + others);
  if (allowed >= wanted + others) return settings;
  const auto possible = allowed > others ? allowed - others : 1;
  log.warning("open_files_limited",
              {{"allowed", allowed}, {"maxConnections", possible}, {"configured", wanted}});
  wanted = possible;
  return settings;
}

// Until a signal ends the process or a worker fails.
int watch(const Shop& shop, ShutdownSignals& signals, Instruments& instruments,
          const std::function<void()>& hourly) {
  std::optional<TlsReload> certificates;
  if (shop.tls() != nullptr) {
    certificates.emplace(*shop.tls(), shop.http3(), instruments.registry, instruments.log);
  }
  auto next_hour = std::chrono::steady_clock::now() + std::chrono::hours(1);
  int signal = 0;
  while (signal == 0 && !shop.failed()) {
    signal = signals.wait(kWatchEvery);
    if (const bool asked = signals.take_reload(); certificates) {
      asked ? certificates->reload() : certificates->reload_if_changed();
    }
    if (hourly && std::chrono::steady_clock::now() >= next_hour) {
      next_hour += std::chrono::hours(1);
      hourly();
    }
  }
  return signal;
}

}  // namespace

Instruments::Instruments(const EffectiveSettings& settings)
    : log(settings.values.log.level, STDERR_FILENO, clock, registry) {
  for (const auto& warning : settings.unknown_variables) {
    log.warning("setting_unknown", {{"reason", std::string_view(warning)}});
  }
}

std::string url_of(const Settings& settings, const Shop& shop) {
  return http::make_url(settings.http.address, shop.port());
}

std::string tls_url_of(const Settings& settings, const Shop& shop) {
  if (shop.tls() == nullptr) return {};
  return http::make_url(settings.http.address, shop.tls_port(), true);
}

std::string operator_url_of(const Settings& settings, const Shop& shop) {
  const bool tls =
      shop.tls() != nullptr && is_public(settings.operators.address) && !settings.tls.plaintext;
  return http::make_url(settings.operators.address, shop.operator_port(), tls);
}

int run_shop(const Settings& configured, Listeners listeners, ShutdownSignals& signals,
             Instruments& instruments, const std::function<void(const Shop&)>& on_open,
             const std::function<void()>& hourly) {
  auto& log = instruments.log;
  const auto settings = within_open_files(configured, log);
  for (const auto& [setting, remedy] : unprotected_connections(settings)) {
    log.warning("connection_not_protected",
                {{"setting", std::string_view(setting)}, {"remedy", std::string_view(remedy)}});
  }
  auto shop =
      Shop::open(settings, std::move(listeners), instruments.clock, instruments.registry, log);
  if (!shop) {
    fmt::print(stderr, "souk: {}\n", shop.error().detail);
    return kExitFailure;
  }
  log.info("shop_opened", {{"port", (*shop)->port()},
                           {"tlsPort", (*shop)->tls_port()},
                           {"operatorPort", (*shop)->operator_port()},
                           {"workers", (*shop)->workers()}});
  if (settings.payments.sandbox) {
    log.warning("payments_sandboxed", {{"reason", "orders may be paid in play money"}});
  }
  on_open(**shop);

  const int signal = watch(**shop, signals, instruments, hourly);
  log.info("shop_closing", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
  (*shop)->close();
  log.info("shop_closed");
  return kExitOk;
}

}  // namespace souk::app
