#include <fmt/ostream.h>

#include "app/commands/commands.h"
#include "app/commands/shop_database.h"
#include "app/privileges.h"
#include "app/shop/listeners.h"
#include "app/shop/run_shop.h"
#include "base/parse.h"
#include "postgres/migrator.h"
#include "postgres/server_check.h"

namespace souk::app {
namespace {

constexpr auto kExamples = R"(Examples:
  export DATABASE_URL=postgresql://souk@db/souk
  REDIS_URL=redis://cache souk serve --set payments.manual=true
  souk serve --port 9000 --set payments.sandbox=true
  souk serve --address 0.0.0.0 --port 80 --tls-certificate chain.pem --tls-key key.pem
  souk serve --read-only --database-url postgresql://souk@standby/souk)";

constexpr std::chrono::milliseconds kPause{200};  // between two attempts
constexpr std::chrono::seconds kShortestTry{2};   // even if database.wait is shorter

// Checks that this Souk supports the database. Errors: kUnavailable when it does not answer, which
// may be temporary.
Result<> check_database(const std::string& conninfo, postgres::WaitLimit limit) {
  auto database = postgres::BlockingConnection::open(conninfo, "souk serve", std::move(limit));
  if (!database) return std::unexpected(database.error());
  if (auto checked = postgres::check_server(*database, conninfo); !checked) return checked;
  return postgres::check_schema(*database, postgres::embedded_migrations());
}

// Waits at most database.wait for a server, including one that accepts the connection but does not
// answer. `signal` is the signal that ended the wait.
Result<> await_database(const Settings& settings, ShutdownSignals& signals, int& signal) {
  using Clock = std::chrono::steady_clock;
  const auto wait = settings.serve.database_wait;
  const auto give_up = Clock::now() + wait;
  const auto cancelled = [&signals, &signal] {
    if (signal == 0) signal = signals.wait(std::chrono::milliseconds(0));
    return signal != 0;
  };
  for (;;) {
    auto checked = check_database(
        settings.database.conninfo,
        {.until = std::max(give_up, Clock::now() + kShortestTry), .cancelled = cancelled});
    if (signal != 0 || checked || checked.error().code != ErrorCode::kUnavailable) return checked;
    if (Clock::now() >= give_up) {
      const auto& detail = checked.error().detail;
      return fail(ErrorCode::kUnavailable,
                  fmt::format("the database cannot be used, tried for {} (--wait): {}",
                              format_duration(wait), detail.substr(0, detail.find('\n'))));
    }
    signal = signals.wait(kPause);
    if (signal != 0) return checked;
  }
}

int failure(const Invocation& invocation, const Error& error) {
  fmt::print(invocation.err, "souk: {}\n", error.detail);
  return error.code == ErrorCode::kInvalidRequest ? kExitUsage : kExitFailure;
}

// Root is needed for the port only.
Result<Identity> change_user(const Settings& settings) {
  const auto files = files_of_servers(settings);
  std::vector<Account> candidates;
  for (const auto* name : {"souk", "nobody"}) {
    if (auto account = find_account(name)) candidates.push_back(*std::move(account));
  }
  auto identity = give_up_root(settings.process.user, candidates);
  if (!identity) return identity;
  if (const auto usable = check_access(files, *identity); !usable) {
    return std::unexpected(usable.error());
  }
  return identity;
}

int serve(Invocation& invocation, const EffectiveSettings& settings) {
  if (settings.values.database.conninfo.empty()) {
    fmt::print(invocation.err,
               "souk: serve needs a database: set DATABASE_URL or database.url, or let `souk up` "
               "bring one\n");
    return kExitUsage;
  }
  const auto& payments = settings.values.payments;
  if (!settings.values.serve.read_only && !payments.sandbox && !payments.manual) {
    fmt::print(invocation.err,
               "souk: serve needs a payment provider: set payments.manual = true (bank transfer, "
               "cash on delivery), or payments.sandbox = true for a trial with play money\n");
    return kExitUsage;
  }
  if (const auto exposed = exposure(settings.values); !exposed.empty()) {
    fmt::print(invocation.err, "souk: {}\n", exposed);
    return kExitUsage;
  }
  auto listeners = Shop::bind(settings.values);
  if (!listeners) return failure(invocation, listeners.error());
  const auto identity = change_user(settings.values);
  if (!identity) return failure(invocation, identity.error());
  ShutdownSignals signals;
  int signal = 0;
  if (const auto ready = await_database(settings.values, signals, signal); signal != 0) {
    return kExitOk;
  } else if (!ready) {
    fmt::print(invocation.err, "souk: {}\n", ready.error().detail);
    return kExitFailure;
  }
  signals.let_hangup_reload();
  Instruments instruments(settings);
  log_identity(*identity, instruments.log);
  lacks_administrator(settings.values.database.conninfo, instruments.log);
  return run_shop(settings.values, *std::move(listeners), signals, instruments,
                  [&](const Shop& shop) {
                    const auto tls = tls_url_of(settings.values, shop);
                    fmt::print(invocation.out, "Souk serves {}{}{}, operators on {}\n",
                               url_of(settings.values, shop), tls.empty() ? "" : " and ", tls,
                               operator_url_of(settings.values, shop));
                    invocation.out.flush();
                  });
}

}  // namespace

void add_serve(CLI::App& app, Invocation& invocation) {
  auto& command = *app.add_subcommand(
      "serve", "Serve the shop from a PostgreSQL and a Redis of your own, in the foreground.");
  command.footer(kExamples);
  run_with_settings(
      command, invocation,
      {"http.address", "http.port", "tls.certificate", "tls.key", "tls.plaintext", "http3.enabled",
       "database.url", "database.wait", "database.read_only", "redis.url", "process.user"},
      [&invocation](const EffectiveSettings& settings) { return serve(invocation, settings); },
      Warnings::kLogged);
}

}  // namespace souk::app
