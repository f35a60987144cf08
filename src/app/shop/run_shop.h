// Opens the shop, waits for SIGINT or SIGTERM and closes it in order; shared by `serve` and `up`.
// Meanwhile it reloads certificates.
// Threading: the main thread.
#pragma once

#include <functional>

#include "app/shop/shop.h"
#include "app/shutdown_signals.h"

namespace souk::app {

// The process's clock, metrics and log. Create after ShutdownSignals: the log has a thread.
struct Instruments {
  // Logs warnings about the settings.
  explicit Instruments(const EffectiveSettings& settings);

  SystemClock clock;
  telemetry::Registry registry;
  telemetry::Log log;
};

// "http://127.0.0.1:8080"; the same with https://, empty without TLS; and the operator's URL.
std::string url_of(const Settings& settings, const Shop& shop);
std::string tls_url_of(const Settings& settings, const Shop& shop);
std::string operator_url_of(const Settings& settings, const Shop& shop);

// `listeners` come from Shop::bind(). `on_open` is called once requests are served; `hourly`, if
// any, every hour. Returns the exit status; reports errors on standard error.
int run_shop(const Settings& configured, Listeners listeners, ShutdownSignals& signals,
             Instruments& instruments, const std::function<void(const Shop&)>& on_open,
             const std::function<void()>& hourly = {});

}  // namespace souk::app
