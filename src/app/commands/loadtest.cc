#include "loadtest/loadtest.h"

#include <fmt/ostream.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "app/commands/commands.h"
#include "app/commands/shop_url.h"
#include "app/embedded/services.h"
#include "app/reference.h"
#include "app/shutdown_signals.h"
#include "base/parse.h"
#include "loadtest/scenario.h"

namespace souk::app {
namespace {

using std::chrono::microseconds;

constexpr std::string_view kAudit = "audit";
constexpr auto kPoisson = "poisson";
constexpr auto kConstant = "constant";
constexpr auto kHttp1 = "1.1";
constexpr auto kHttp2 = "2";
constexpr auto kHttp3 = "3";
constexpr std::size_t kDefaultStreams = 10;
constexpr std::size_t kMaxStreams = 100;  // what servers commonly allow
constexpr std::size_t kMaxUsers = 1'000'000;
constexpr unsigned kMaxThreads = 64;
constexpr double kMaxRate = 10'000'000;
constexpr std::chrono::milliseconds kSignalPoll{200};

constexpr auto kExamples = R"(Scenarios:
  normal_load      1,000 users for 10 minutes
  peak_load        5,000 users for 30 minutes, arriving over 5
  stress_test      10,000 users for 5 minutes, arriving over 2
  audit            no load: only checks the books against a file of --acknowledged

Examples:
  souk loadtest normal_load --duration 60s         a shop that `souk up` started here
  souk loadtest peak_load --rate 3000 --duration 2m   open model: 3,000 arrivals a second
  souk loadtest stress_test --acknowledged orders.txt --no-audit
  souk loadtest audit --acknowledged orders.txt    afterwards, whatever was killed meanwhile

Exit status: 0 budgets kept and books clean, 1 not so, 2 wrong usage, 3 the test could not run.)";

struct Arguments {
  std::string scenario;
  std::optional<std::size_t> users;
  std::optional<std::size_t> connections;
  std::optional<microseconds> duration;
  std::optional<microseconds> ramp_up;
  microseconds think_time = std::chrono::milliseconds(750);
  std::optional<double> rate;
  std::string arrivals = kPoisson;
  std::string http = kHttp1;
  std::optional<std::size_t> streams;
  std::size_t threads = std::clamp(std::thread::hardware_concurrency() / 2, 1u, kMaxThreads);
  std::uint64_t seed = 1;
  std::string tokens_file;
  bool no_audit = false;
  loadtest::Options options;
};

std::vector<std::string> scenario_names() {
  std::vector<std::string> names;
  for (const auto& scenario : loadtest::scenarios()) names.emplace_back(scenario.name);
  names.emplace_back(kAudit);
  return names;
}

microseconds read_duration(const std::string& flag, const std::string& text) {
  if (text == "0") return {};
  const auto duration = parse_duration(text);
  if (!duration) {
    throw CLI::ValidationError(flag, fmt::format("\"{}\" must be a duration such as 90s", text));
  }
  return *duration;
}

template <class T>
CLI::Option* add_duration(CLI::App& command, const std::string& flag, T& value,
                          const std::string& help) {
  return command
      .add_option_function<std::string>(
          flag, [flag, &value](const std::string& text) { value = read_duration(flag, text); },
          help)
      ->type_name("DURATION");
}

void add_load_options(CLI::App& command, Arguments& arguments) {
  command
      .add_option("--users", arguments.users,
                  "How many users, each with a connection, or with --http 2 or 3 a stream.")
      ->check(CLI::Range(std::size_t{1}, kMaxUsers))
      ->type_name("NUMBER");
  add_duration(command, "--duration", arguments.duration,
               "How long, ramp-up included; the scenario's ramp-up shrinks with it.");
  add_duration(command, "--ramp-up", arguments.ramp_up, "Time over which users or rate rise.");
  auto* const think = add_duration(
      command, "--think-time", arguments.think_time,
      "Mean time between an answer and the user's next request; 0: none. [default: 750ms]");
  auto* const rate =
      command
          .add_option("--rate", arguments.rate,
                      "Requests a second, whatever the shop does (open model); latency counts from "
                      "when a request should have been sent.")
          ->check(CLI::Range(0.001, kMaxRate))
          ->type_name("NUMBER")
          ->excludes(think);
  command.add_option("--arrivals", arguments.arrivals, "With --rate, how arrivals are spaced.")
      ->check(CLI::IsMember({kPoisson, kConstant}))
      ->type_name("WORD")
      ->needs(rate)
      ->capture_default_str();
  command
      .add_option("--connections", arguments.connections,
                  "With --rate: connections to spread the requests over. [default: the users]")
      ->check(CLI::Range(std::size_t{1}, kMaxUsers))
      ->type_name("NUMBER")
      ->needs(rate);
  command
      .add_option(
          "--http", arguments.http,
          "Protocol version; 2 in plain text is HTTP/2 with prior knowledge, 3 needs https://.")
      ->check(CLI::IsMember({kHttp1, kHttp2, kHttp3}))
      ->type_name("VERSION")
      ->capture_default_str();
  command
      .add_option("--streams", arguments.streams,
                  fmt::format("With --http 2 or 3: users that share a connection. [default: {}]",
                              kDefaultStreams))
      ->check(CLI::Range(std::size_t{1}, kMaxStreams))
      ->type_name("NUMBER");
  command.add_option("--threads", arguments.threads, "Threads of the load generator.")
      ->check(CLI::Range(1u, kMaxThreads))
      ->type_name("NUMBER")
      ->capture_default_str();
  command.add_option("--seed", arguments.seed, "The same seed asks for the same things.")
      ->type_name("NUMBER")
      ->capture_default_str();
}

// "0/0/1"
std::array<double, loadtest::kEndpoints> read_mix(const std::string& text) {
  std::array<double, loadtest::kEndpoints> mix{};
  const auto parts = CLI::detail::split(text, '/');
  bool valid = parts.size() == mix.size();
  for (std::size_t i = 0; valid && i < mix.size(); ++i) {
    valid = CLI::detail::lexical_cast(parts[i], mix[i]) && mix[i] >= 0 && mix[i] <= kMaxRate;
  }
  if (!valid || mix == std::array<double, loadtest::kEndpoints>{}) {
    throw CLI::ValidationError("--mix",
                               fmt::format("\"{}\" must be three shares such as 70/20/10", text));
  }
  return mix;
}

void add_wants(CLI::App& command, loadtest::Wants& wants) {
  command
      .add_option_function<std::string>(
          "--mix", [&wants](const std::string& text) { wants.mix = read_mix(text); },
          "Shares of lists, products and orders. [default: 70/20/10]")
      ->type_name("L/P/O");
  command
      .add_option("--only-product", wants.only_product,
                  "Every order is for one unit of this product: a flash sale.")
      ->type_name("ID");
}

void add_file(CLI::App& command, const std::string& flag, std::string& file,
              const std::string& help) {
  command.add_option(flag, file, help)->type_name("FILE");
}

void add_other_options(CLI::App& command, Arguments& arguments) {
  auto& options = arguments.options;
  add_shop_url(command, options.url);
  add_operator_url(command, options.operator_url);
  add_ca_file(command, options.ca_file);
  add_file(command, "--tokens", arguments.tokens_file,
           "Session tokens of buyers, one a line. [default: loadtest-tokens.txt in --data]");
  add_file(command, "--json", options.json_file, "Where to write everything as JSON.");
  add_file(command, "--budgets", options.budgets_file,
           "Budgets to judge by. [default: those of this build]");
  add_file(command, "--acknowledged", options.acknowledged_file,
           "Where to write orders as they are acknowledged; `audit` reads it.");
  command.add_flag("--no-audit", arguments.no_audit, "Do not check stock and orders afterwards.");
}

loadtest::Plan plan_of(const Arguments& arguments) {
  auto scenario = *loadtest::find_scenario(arguments.scenario);
  if (arguments.duration) scenario = loadtest::with_duration(scenario, *arguments.duration);
  loadtest::Plan plan{.users = arguments.users.value_or(scenario.users),
                      .duration = scenario.duration,
                      .ramp_up = arguments.ramp_up.value_or(scenario.ramp_up),
                      .think_time = arguments.think_time,
                      .open = std::nullopt,
                      .seed = arguments.seed,
                      .threads = arguments.threads};
  if (arguments.rate) {
    plan.open = {.rate_per_second = *arguments.rate,
                 .spacing = arguments.arrivals == kPoisson ? loadtest::Spacing::kPoisson
                                                           : loadtest::Spacing::kConstant};
    plan.users = arguments.connections.value_or(plan.users);
    plan.think_time = {};
  }
  if (arguments.http != kHttp1) {
    plan.protocol =
        arguments.http == kHttp2 ? loadtest::Protocol::kHttp2 : loadtest::Protocol::kHttp3;
    plan.streams = arguments.streams.value_or(kDefaultStreams);
  }
  return plan;
}

// Errors in combinations of flags; empty when there are none.
std::string usage_error(const Arguments& arguments) {
  if (arguments.scenario == kAudit) {
    return arguments.options.acknowledged_file.empty() ? "audit needs --acknowledged" : "";
  }
  const auto plan = plan_of(arguments);
  if (plan.duration.count() <= 0) return "--duration: must be above zero";
  if (arguments.streams && arguments.http == kHttp1) return "--streams: needs --http 2 or 3";
  if (plan.ramp_up >= plan.duration) return "--ramp-up: must be shorter than the duration";
  return {};
}

int run(const Invocation& invocation, const EffectiveSettings& settings, Arguments arguments) {
  if (const auto error = usage_error(arguments); !error.empty()) {
    fmt::print(invocation.err, "souk: {}\nTry 'souk loadtest --help'.\n", error);
    return kExitUsage;
  }
  const std::filesystem::path data = settings.values.data.directory;
  auto options = std::move(arguments.options);
  options.database_url = settings.values.database.conninfo;
  if (options.database_url.empty()) options.database_url = running_database_url(data);
  const loadtest::Console console{invocation.out, invocation.err, ::isatty(STDERR_FILENO) == 1};
  if (arguments.scenario == kAudit) {
    return loadtest::run_audit(options.database_url, options.acknowledged_file, console);
  }
  auto urls = find_shop(settings.values, {options.url, options.operator_url, options.ca_file});
  if (!urls) {
    fmt::print(invocation.err, "souk loadtest: {}\n", urls.error().detail);
    return urls.error().code == ErrorCode::kInvalidRequest ? kExitUsage
                                                           : loadtest::kExitCouldNotRun;
  }
  options.url = std::move(urls->shop);
  options.operator_url = std::move(urls->operators);
  options.scenario = arguments.scenario;
  options.plan = plan_of(arguments);
  options.audit = !arguments.no_audit;
  options.metrics = all_metric_specs();
  options.tokens_file = arguments.tokens_file.empty() ? (data / "loadtest-tokens.txt").string()
                                                      : arguments.tokens_file;
  // The first Ctrl-C ends the run with a report.
  ShutdownSignals signals;
  std::atomic<bool> stop = false;
  const std::jthread watcher([&](const std::stop_token& finished) {
    while (!finished.stop_requested()) {
      if (signals.wait(kSignalPoll) != 0) stop = true;
    }
  });
  return loadtest::run_load_test(options, console, stop);
}

}  // namespace

void add_loadtest(CLI::App& app, Invocation& invocation) {
  auto& command = *app.add_subcommand(
      "loadtest", "Load a running shop as its customers would, and judge it by its budgets.");
  const auto arguments = std::make_shared<Arguments>();
  command.add_option("SCENARIO", arguments->scenario, "What to run; see below.")
      ->required()
      ->check(CLI::IsMember(scenario_names()));
  add_load_options(command, *arguments);
  add_wants(command, arguments->options.wants);
  add_other_options(command, *arguments);
  command.footer(kExamples);
  run_with_settings(command, invocation, {"data.directory", "database.url"},
                    [&invocation, arguments](const EffectiveSettings& settings) {
                      return run(invocation, settings, *arguments);
                    });
}

}  // namespace souk::app
