#include "app/shop/run_shop.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "app/commands/command.h"

namespace souk::app {
namespace {

constexpr std::chrono::milliseconds kWatchEvery{500};

}  // namespace

Instruments::Instruments(const Settings& settings)
    : log(settings.log.level, STDERR_FILENO, clock, registry) {}

int run_shop(const Settings& settings, ShutdownSignals& signals, Instruments& instruments,
             const std::function<void(const Shop&)>& on_open) {
  auto& log = instruments.log;
  auto shop = Shop::open(settings, instruments.clock, instruments.registry, log);
  if (!shop) {
    fmt::print(stderr, "souk: {}\n", shop.error().detail);
    return kExitFailure;
  }
  log.info("shop_opened", {{"port", (*shop)->port()}, {"workers", (*shop)->workers()}});
  on_open(**shop);

  int signal = 0;
  while (signal == 0 && !(*shop)->failed()) signal = signals.wait(kWatchEvery);
  log.info("shop_closing", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
  (*shop)->close();
  log.info("shop_closed");
  return kExitOk;
}

}  // namespace souk::app
