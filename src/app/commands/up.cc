#include <fmt/ostream.h>

#include <filesystem>

#include "app/commands/commands.h"
#include "app/commands/progress_lines.h"
#include "app/commands/shop_database.h"
#include "app/commands/shop_url.h"
#include "app/embedded/development_certificate.h"
#include "app/embedded/monitoring.h"
#include "app/embedded/services.h"
#include "app/embedded/settle.h"
#include "app/reference.h"
#include "app/shop/listeners.h"
#include "app/shop/run_shop.h"
#include "base/assert.h"
#include "postgres/migrator.h"
#include "seed/seed.h"

namespace souk::app {
namespace {

constexpr auto kExamples = R"(Examples:
  souk up                          the demo shop on http://127.0.0.1:8080, kept in ./data
  souk up --data /srv/shop --port 9000
  souk up --empty                  without the demo data
  souk up --monitoring             with a private Prometheus and Alertmanager)";

constexpr seed::ShopSize kDemoSize{.products = 10'000, .users = 5'000, .orders = 50'000};

struct UpOptions {
  bool empty = false;
  bool monitoring = false;
};

// Thrown between two steps of the preparation: unfinished work is undone or completed next time.
struct Interrupted {};

// Reports each step as a line, and stops between steps when interrupted.
class Steps {
 public:
  Steps(std::ostream& out, ShutdownSignals& signals)
      : out_(out), signals_(signals), progress_(out) {}

  void operator()(std::string_view step) const {
    fmt::print(out_, "souk: {}\n", step);
    out_.flush();
    stop_if_interrupted();
  }
  void rows(std::string_view table, std::uint64_t done, std::uint64_t of) {
    progress_(table, done, of);
    stop_if_interrupted();
  }

 private:
  void stop_if_interrupted() const {
    if (signals_.wait(std::chrono::milliseconds(0)) != 0) throw Interrupted();
  }

  std::ostream& out_;
  ShutdownSignals& signals_;
  ProgressLines progress_;
};

seed::TokenFiles token_files(const std::filesystem::path& data) {
  return {.customers = data / "loadtest-tokens.txt",
          .admin = data / "admin-token.txt",
          .password = data / "demo-password.txt"};
}

// Renews sessions well before they expire.
bool is_fresh(const std::filesystem::path& file) {
  std::error_code error;
  const auto written = std::filesystem::last_write_time(file, error);
  return !error &&
         std::filesystem::file_time_type::clock::now() - written < seed::kSessionLifetime / 2;
}

Result<> fill(const std::string& conninfo, const std::filesystem::path& data, const Clock& clock,
              Steps& report) {
  const auto files = token_files(data);
  const auto empty = seed::is_empty(conninfo);
  if (!empty) return std::unexpected(empty.error());
  if (*empty) {
    report(fmt::format("filling the shop with a demo: {} products, {} users, {} orders",
                       kDemoSize.products, kDemoSize.users, kDemoSize.orders));
    seed::SeedOptions options{.size = kDemoSize, .tokens = files};
    options.progress = [&report](auto... of) { report.rows(of...); };
    return seed::seed(conninfo, options, clock);
  }
  if (is_fresh(files.admin) && is_fresh(files.customers)) return {};
  auto issued = seed::issue_tokens(conninfo, files);
  if (issued || issued.error().code != ErrorCode::kPreconditionFailed) return issued;
  report(issued.error().detail);  // without its users: start anyway
  return {};
}

constexpr std::size_t kForOperators = 20;  // connections to the private PostgreSQL

ServerEndedCallback log_ends(telemetry::Log& log) {
  return [&log](const ServerEnded& ended) {
    log.error("server_ended", {{"server", ended.server},
                               {"how", std::string_view(ended.how)},
                               {"restartInMs", ended.restart_in.count()}});
  };
}

// Everything before the first request: the private servers, the schema, the demo data.
Result<EmbeddedServices> prepare(Settings& settings, const UpOptions& options,
                                 const std::filesystem::path& data, Instruments& instruments,
                                 Steps& report) {
  EmbeddedConfig config{.data = data};
  config.postgres.max_connections = Shop::database_connections(settings) + kForOperators;
  config.on_server_ended = log_ends(instruments.log);
  auto services = EmbeddedServices::start(std::move(config), std::ref(report));
  if (!services) return services;
  settings.database.conninfo = services->database_url();
  settings.redis.url = services->redis_url();

  const postgres::MigrateOptions migrate_options{.report = std::ref(report)};
  if (const auto migrated = migrate_shop(settings.database.conninfo, settings, migrate_options);
      !migrated) {
    return std::unexpected(migrated.error());
  }
  if (!options.empty) {
    const auto filled = fill(settings.database.conninfo, data, instruments.clock, report);
    if (!filled) return std::unexpected(filled.error());
  }
  return services;
}

struct Greeting {
  bool empty = false;
  bool has_password = false;
  bool own_authority = false;
  bool lacks_administrator = false;
};

void greet(std::ostream& out, const Settings& settings, const Shop& shop, Greeting about) {
  const auto url = url_of(settings, shop);
  const auto tls_url = tls_url_of(settings, shop);
  const auto files = token_files(settings.data.directory);
  const DevelopmentCertificate development(settings.data.directory);
  fmt::print(out, "\nSouk is ready on {} and {}\n\n", url, tls_url);
  fmt::print(out, "  curl '{}/api/products?limit=3'\n", url);
  fmt::print(out, "  curl {}'{}/api/products?limit=3'\n",
             about.own_authority ? fmt::format("--cacert {} ", development.authority.string()) : "",
             tls_url);
  if (about.empty) {
    fmt::print(out, "  curl '{}/openapi.json'\n\n", url);
  } else {
    fmt::print(out, "  curl -H \"Authorization: Bearer $(cat {})\" '{}/api/users/me'\n\n",
               files.admin.string(), url);
    fmt::print(out, "The admin's token is in {}", files.admin.string());
    if (about.has_password)
      fmt::print(out, ", the customers' password in {}", files.password.string());
    fmt::print(out, ". Ctrl-C stops everything.\n");
    fmt::print(out, "The dashboard is on {}/dashboard; sign in with the token.\n",
               operator_url_of(settings, shop));
  }
  fmt::print(out, "The API's reference is on {}/docs.\n", url);
  if (about.lacks_administrator) {
    fmt::print(out, "Nobody can sign in as administrator yet: souk admin create EMAIL --data {}\n",
               settings.data.directory);
  }
  if (about.own_authority) {
    fmt::print(out, "A browser trusts https:// once it has imported {} as an authority.\n",
               development.authority.string());
  }
  fmt::print(out, "Operators: {}/metrics\n", operator_url_of(settings, shop));
  if (settings.payments.sandbox) {
    fmt::print(out, "Orders are paid in play money: payments.sandbox is on.\n");
  }
  out.flush();
}

// Without the programs, or for an address that other hosts reach, whose certificate Prometheus
// would have to trust. Errors: a remedy.
Result<> check_monitoring(const Settings& settings) {
  if (is_public(settings.operators.address)) {
    return fail(ErrorCode::kInvalidRequest, "--monitoring needs operator.address on loopback");
  }
  return Monitoring::check_installed({});
}

// A shop is served without it, too.
std::optional<Monitoring> start_monitoring(const Invocation& invocation, const Shop& shop,
                                           const Settings& settings, const DataFolder& data,
                                           telemetry::Log& log) {
  auto rules = alert_rules();
  SOUK_ASSERT(rules.has_value());  // app_test generates them, too
  // Beside a port that the kernel chose, a derived one may be taken.
  const auto port = [&](std::uint16_t offset) {
    const auto derived = derived_port(shop.port(), offset);
    return settings.http.port == 0 ? free_port(derived) : derived;
  };
  auto monitoring = Monitoring::start(
      data, {.target = operator_url_of(settings, shop).substr(std::string_view("http://").size()),
             .prometheus_port = port(kPrometheusPortOffset),
             .alertmanager_port = port(kAlertmanagerPortOffset),
             .rules = *std::move(rules),
             .on_server_ended = log_ends(log)});
  if (!monitoring) {
    log.error("monitoring_not_started", {{"reason", monitoring.error().detail}});
    fmt::print(invocation.err, "souk: without monitoring: {}\n", monitoring.error().detail);
    return std::nullopt;
  }
  fmt::print(invocation.out, "Prometheus: {}, Alertmanager: {} (receivers: {})\n",
             monitoring->prometheus_url(), monitoring->alertmanager_url(),
             (std::filesystem::path(settings.data.directory) / Monitoring::receivers()).string());
  invocation.out.flush();
  return *std::move(monitoring);
}

// Messages name the folder as given, not as resolved.
int failure(const Invocation& invocation, Error error, const std::string& given,
            const std::string& reached) {
  auto& text = error.detail;
  for (auto at = text.find(reached); at != text.npos; at = text.find(reached, at + given.size())) {
    text.replace(at, reached.size(), given);
  }
  fmt::print(invocation.err, "souk: {}\n", text);
  return error.code == ErrorCode::kInvalidRequest ? kExitUsage : kExitFailure;
}

// Root is needed for the port, and to change the owner of the data folder.
Result<SettledFolder> change_user(const Settings& settings) {
  const auto files = files_of_servers(settings);
  auto home = settle(settings.data.directory, settings.process.user);
  if (!home) return home;
  if (const auto usable = check_access(files, home->identity); !usable) {
    return std::unexpected(usable.error());
  }
  return home;
}

void use(const DevelopmentCertificate& development, Settings& settings) {
  settings.tls.server.certificates = {development.certificate};
  settings.tls.server.keys = {development.key};
}

int up(Invocation& invocation, const EffectiveSettings& effective, const UpOptions& options) {
  auto settings = effective.values;
  if (!settings.payments.manual) settings.payments.sandbox = true;  // a demo by default
  const auto& given = settings.data.directory;
  const bool own_authority = !settings.tls.is_on();
  if (own_authority) use(DevelopmentCertificate(given), settings);
  if (options.monitoring) {
    if (const auto usable = check_monitoring(settings); !usable) {
      return failure(invocation, usable.error(), given, given);
    }
  }
  // Reports an occupied port before the demo data is generated.
  auto listeners = Shop::bind(settings);
  if (!listeners) return failure(invocation, listeners.error(), given, given);
  const auto home = change_user(effective.values);
  if (!home) return failure(invocation, home.error(), given, given);
  const DevelopmentCertificate development(home->path);
  if (own_authority) use(development, settings);
  ShutdownSignals signals;
  Instruments instruments(effective);
  log_identity(home->identity, instruments.log);
  Steps report(invocation.out, signals);
  try {
    const auto services = prepare(settings, options, home->path, instruments, report);
    if (!services) return failure(invocation, services.error(), given, home->path);
    const auto renew = [&] {
      const auto renewed = own_authority ? development.renew() : Result<>();
      if (!renewed)
        instruments.log.error("certificate_not_renewed", {{"reason", renewed.error().detail}});
      return renewed;
    };
    if (const auto made = renew(); !made)
      return failure(invocation, made.error(), given, home->path);
    std::optional<PublishedUrls> published;
    std::optional<Monitoring> monitoring;
    const auto on_open = [&](const Shop& shop) {
      published.emplace(home->path,
                        ShopUrls{url_of(settings, shop), operator_url_of(settings, shop)});
      greet(invocation.out, settings, shop,
            {.empty = options.empty,
             .has_password = std::filesystem::exists(token_files(home->path).password),
             .own_authority = own_authority,
             .lacks_administrator =
                 lacks_administrator(settings.database.conninfo, instruments.log)});
      if (options.monitoring) {
        monitoring =
            start_monitoring(invocation, shop, settings, services->data(), instruments.log);
      }
    };
    return run_shop(settings, *std::move(listeners), signals, instruments, on_open, renew);
  } catch (const Interrupted&) {
    fmt::print(invocation.out, "souk: stopped\n");
    return kExitOk;
  }
}

}  // namespace

void add_up(CLI::App& app, Invocation& invocation) {
  auto& command = *app.add_subcommand(
      "up", "Serve a shop with a private PostgreSQL and Redis and, at first, a demo catalogue.");
  const auto options = std::make_shared<UpOptions>();
  command.add_flag("--empty", options->empty, "Start without the demo data.");
  command.add_flag("--monitoring", options->monitoring,
                   "Start a private Prometheus and Alertmanager, too.");
  command.footer(kExamples);
  run_with_settings(
      command, invocation,
      {"data.directory", "http.address", "http.port", "tls.certificate", "tls.key", "tls.plaintext",
       "process.user"},
      [&invocation, options](const EffectiveSettings& settings) {
        return up(invocation, settings, *options);
      },
      Warnings::kLogged);
}

}  // namespace souk::app
