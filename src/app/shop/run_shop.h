// Opens the shop, waits for SIGINT or SIGTERM and closes it in order: what `serve` and `up` share.
// Threading: the main thread.
#pragma once

#include <functional>

#include "app/shop/shop.h"
#include "app/shutdown_signals.h"

namespace souk::app {

// What the whole process measures and logs with. Made after ShutdownSignals: the log has a thread.
struct Instruments {
  // Logs what is odd about the settings.
  explicit Instruments(const EffectiveSettings& settings);

  SystemClock clock;
  telemetry::Registry registry;
  telemetry::Log log;
};

// "http://127.0.0.1:8080", and where operators ask.
std::string url_of(const Settings& settings, const Shop& shop);
std::string operator_url_of(const Settings& settings, const Shop& shop);

// `listeners` are of Shop::bind(). `on_open` is called once requests are served. Gives the exit
// status; reports what went wrong on standard error.
int run_shop(const Settings& configured, Listeners listeners, ShutdownSignals& signals,
             Instruments& instruments, const std::function<void(const Shop&)>& on_open);

}  // namespace souk::app
