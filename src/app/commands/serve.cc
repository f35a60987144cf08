#include <fmt/ostream.h>

#include "app/commands/commands.h"
#include "app/shop/run_shop.h"

namespace souk::app {
namespace {

constexpr auto kExamples = R"(Examples:
  DATABASE_URL=postgresql://souk@db/souk REDIS_URL=redis://cache souk serve --config shop.toml
  souk serve --port 9000 --set payments.sandbox=true)";

int serve(Invocation& invocation, const EffectiveSettings& settings) {
  if (settings.values.database.conninfo.empty()) {
    fmt::print(invocation.err,
               "souk: serve needs a database: set DATABASE_URL or database.url, or let `souk up` "
               "bring one\n");
    return kExitUsage;
  }
  const auto& payments = settings.values.payments;
  if (!payments.sandbox && !payments.manual) {
    fmt::print(invocation.err,
               "souk: serve needs a payment provider: set payments.manual = true (bank transfer, "
               "cash on delivery), or payments.sandbox = true for a trial with play money\n");
    return kExitUsage;
  }
  ShutdownSignals signals;
  Instruments instruments(settings.values);
  return run_shop(settings.values, signals, instruments, [&](const Shop& shop) {
    fmt::print(invocation.out, "Souk serves {}\n", url_of(settings.values, shop));
    invocation.out.flush();
  });
}

}  // namespace

void add_serve(CLI::App& app, Invocation& invocation) {
  auto& command = *app.add_subcommand(
      "serve", "Serve the shop from a PostgreSQL and a Redis of your own, in the foreground.");
  command.footer(kExamples);
  run_with_settings(
      command, invocation, {"http.address", "http.port", "database.url", "redis.url"},
      [&invocation](const EffectiveSettings& settings) { return serve(invocation, settings); });
}

}  // namespace souk::app
