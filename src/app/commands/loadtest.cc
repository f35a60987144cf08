#include "loadtest/loadtest.h"

#include <fmt/ostream.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <thread>

#include "app/commands/commands.h"
#include "app/commands/duration_option.h"
#include "app/commands/shop_url.h"
#include "app/commands/until_signal.h"
#include "app/embedded/services.h"
#include "app/reference.h"
#include "loadtest/baseline.h"
#include "loadtest/comparison.h"
#include "loadtest/scenario.h"

namespace souk::app {
namespace {

using std::chrono::microseconds;

constexpr auto kPoisson = "poisson";
constexpr auto kConstant = "constant";
constexpr auto kHttp1 = "1.1";
constexpr auto kHttp2 = "2";
constexpr auto kHttp3 = "3";
constexpr std::size_t kDefaultStreams = 10;
constexpr std::size_t kMaxStreams = 100;  // what servers commonly allow
constexpr unsigned kMaxThreads = 64;

constexpr auto kExamples = R"(Examples:
  souk loadtest run normal_load --duration 60s      a shop that `souk up` started here
  souk loadtest run peak_load --rate 3000 --duration 2m   open model: 3,000 arrivals a second
  souk loadtest run normal_load --mix order=1       only that flow of the scenario
  souk loadtest show buyers > mine.toml             a scenario to begin one's own with
  souk loadtest run mine.toml
  souk loadtest run stress_test --acknowledged orders.txt --no-audit
  souk loadtest audit --acknowledged orders.txt     afterwards, whatever was killed meanwhile

Exit status: 0 budgets kept and books clean, 1 not so, 2 wrong usage, 3 the test could not run.)";

struct Arguments {
  std::string scenario;
  std::optional<std::size_t> users;
  std::optional<std::size_t> connections;
  std::optional<microseconds> duration;
  std::optional<microseconds> ramp_up;
  std::optional<microseconds> warm_up;
  std::optional<microseconds> think_time;
  std::optional<double> rate;
  std::string arrivals = kPoisson;
  std::string http = kHttp1;
  std::optional<std::size_t> streams;
  std::size_t threads = std::clamp(std::thread::hardware_concurrency() / 2, 1u, kMaxThreads);
  std::uint64_t seed = 1;
  std::string tokens_file;
  std::string password_file;
  bool no_audit = false;
  loadtest::Options options;
};

void add_load_options(CLI::App& command, Arguments& arguments) {
  command
      .add_option("--users", arguments.users,
                  "How many users at the peak, each with a connection, or with --http 2 or 3 a "
                  "stream. [default: the scenario's]")
      ->check(CLI::Range(std::size_t{1}, loadtest::kMaxUsers))
      ->type_name("NUMBER");
  add_duration(command, "--duration", arguments.duration,
               "How long; the scenario's stages shrink or grow with it.");
  add_duration(
      command, "--ramp-up", arguments.ramp_up,
      "Instead of the scenario's stages: rise to the peak over this time, then stay. It is "
      "the warm-up, too.");
  add_duration(command, "--warm-up", arguments.warm_up,
               "The first part of the run, which is not judged. [default: the scenario's]");
  auto* const think = add_duration(
      command, "--think-time", arguments.think_time,
      "Mean time between an answer and the user's next request; 0: none. [default: the "
      "scenario's]");
  auto* const rate =
      command
          .add_option("--rate", arguments.rate,
                      "Arrivals a second at the peak, whatever the shop does (open model); latency "
                      "counts from when a request should have been sent.")
          ->check(CLI::Range(0.001, loadtest::kMaxRate))
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
      ->check(CLI::Range(std::size_t{1}, loadtest::kMaxUsers))
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

// "list=70,order=30"
std::map<std::string, double> read_mix(const std::string& text) {
  std::map<std::string, double> mix;
  double sum = 0;
  for (const auto& part : CLI::detail::split(text, ',')) {
    const auto equals = std::min(part.find('='), part.size());
    double share = -1;
    const bool valid =
        CLI::detail::lexical_cast(part.substr(std::min(equals + 1, part.size())), share) &&
        share >= 0 && share <= loadtest::kMaxRate;
    if (!valid || !mix.emplace(part.substr(0, equals), share).second) sum = -1;
    if (sum < 0) break;
    sum += share;
  }
  if (sum <= 0) {
    throw CLI::ValidationError(
        "--mix", fmt::format("\"{}\" must be shares of flows such as list=70,order=30", text));
  }
  return mix;
}

void add_wants(CLI::App& command, loadtest::Wants& wants) {
  command
      .add_option_function<std::string>(
          "--mix", [&wants](const std::string& text) { wants.mix = read_mix(text); },
          "Only these flows of the scenario, with these shares. [default: the scenario's]")
      ->type_name("FLOW=SHARE,...");
  command
      .add_option("--only-product", wants.only_product,
                  "Every order is for one unit of this product: a flash sale.")
      ->type_name("ID");
}

void add_file(CLI::App& command, const std::string& flag, std::string& file,
              const std::string& help) {
  command.add_option(flag, file, help)->type_name("FILE");
}

void add_inputs(CLI::App& command, Arguments& arguments) {
  auto& options = arguments.options;
  add_shop_url(command, options.url);
  add_operator_url(command, options.operator_url);
  add_ca_file(command, options.ca_file);
  add_file(command, "--tokens", arguments.tokens_file,
           "Session tokens of buyers, one a line. [default: loadtest-tokens.txt in --data]");
  add_file(command, "--password", arguments.password_file,
           "Their password, for scenarios that sign in. [default: demo-password.txt in --data]");
}

void add_outputs(CLI::App& command, Arguments& arguments) {
  auto& options = arguments.options;
  add_file(command, "--json", options.json_file, "Where to write everything as JSON.");
  add_file(command, "--junit", options.junit_file, "Where to write the verdicts as JUnit's XML.");
  add_file(command, "--html", options.html_file,
           "Where to write a page with tables and charts, which needs nothing else.");
  add_file(command, "--budgets", options.budgets_file,
           "Budgets to judge by. [default: those of this build]");
  add_file(command, "--acknowledged", options.acknowledged_file,
           "Where to write orders as they are acknowledged; `audit` reads it.");
  command.add_flag("--no-audit", arguments.no_audit, "Do not check stock and orders afterwards.");
}

// The scenario with what the flags change of it.
Result<loadtest::Scenario> scenario_of(const Arguments& arguments) {
  auto scenario = loadtest::load_scenario(arguments.scenario);
  if (!scenario) return scenario;
  for (const auto& [name, share] : arguments.options.wants.mix) {
    if (std::ranges::find(scenario->flows, name, &loadtest::Flow::name) == scenario->flows.end()) {
      return fail(ErrorCode::kInvalidRequest,
                  fmt::format("--mix: {} has no flow \"{}\"", scenario->name, name));
    }
  }
  if (arguments.duration) scenario->set_duration(*arguments.duration);
  auto& shape = scenario->shape;
  if (arguments.rate && !scenario->is_open) {
    scenario->is_open = true;
    scenario->connections = static_cast<std::size_t>(std::ceil(shape.peak()));
    scenario->think_time = {};
  }
  if (arguments.connections) scenario->connections = *arguments.connections;
  if (arguments.users && !arguments.rate && scenario->is_open) {
    return fail(ErrorCode::kInvalidRequest, "--users: the scenario's model is open; use --rate");
  }
  const double peak = arguments.rate    ? *arguments.rate
                      : arguments.users ? static_cast<double>(*arguments.users)
                                        : shape.peak();
  shape = shape.scaled(peak, shape.duration());
  if (arguments.ramp_up) {
    if (*arguments.ramp_up >= shape.duration()) {
      return fail(ErrorCode::kInvalidRequest, "--ramp-up: must be shorter than the duration");
    }
    shape = loadtest::LoadShape::ramp_and_hold(peak, *arguments.ramp_up, shape.duration());
    scenario->warm_up = *arguments.ramp_up;
    scenario->breakpoint.reset();
  }
  if (arguments.warm_up) scenario->warm_up = *arguments.warm_up;
  if (scenario->warm_up >= shape.duration()) {
    return fail(ErrorCode::kInvalidRequest, "--warm-up: must be shorter than the duration");
  }
  if (arguments.think_time) scenario->think_time = *arguments.think_time;
  return scenario;
}

loadtest::Plan plan_of(const Arguments& arguments, const loadtest::Scenario& scenario) {
  loadtest::Plan plan{.users = static_cast<std::size_t>(std::ceil(scenario.shape.peak())),
                      .shape = scenario.shape,
                      .warm_up = scenario.warm_up,
                      .open = std::nullopt,
                      .seed = arguments.seed,
                      .threads = arguments.threads};
  if (scenario.is_open) {
    plan.open =
        arguments.arrivals == kPoisson ? loadtest::Spacing::kPoisson : loadtest::Spacing::kConstant;
    plan.users = scenario.connections;
  }
  if (arguments.http != kHttp1) {
    plan.protocol =
        arguments.http == kHttp2 ? loadtest::Protocol::kHttp2 : loadtest::Protocol::kHttp3;
    plan.streams = arguments.streams.value_or(kDefaultStreams);
  }
  return plan;
}

Result<loadtest::Scenario> checked(const Arguments& arguments) {
  if (arguments.duration && arguments.duration->count() <= 0) {
    return fail(ErrorCode::kInvalidRequest, "--duration: must be above zero");
  }
  if (arguments.streams && arguments.http == kHttp1) {
    return fail(ErrorCode::kInvalidRequest, "--streams: needs --http 2 or 3");
  }
  return scenario_of(arguments);
}

int usage_error(const Invocation& invocation, std::string_view error) {
  fmt::print(invocation.err, "souk: {}\nTry 'souk loadtest --help'.\n", error);
  return kExitUsage;
}

std::string database_url(const Settings& settings) {
  return settings.database.conninfo.empty() ? running_database_url(settings.data.directory)
                                            : settings.database.conninfo;
}

loadtest::Console console(const Invocation& invocation) {
  return {invocation.out, invocation.err, ::isatty(STDERR_FILENO) == 1};
}

// The options for the shop at `shop`, or for that of the flags or the data folder.
Result<loadtest::Options> options_of(const Settings& settings, const Arguments& arguments,
                                     const std::string& shop = {}) {
  auto scenario = checked(arguments);
  if (!scenario) return std::unexpected(scenario.error());
  const std::filesystem::path data = settings.data.directory;
  auto options = arguments.options;
  options.database_url = database_url(settings);
  auto urls = shop.empty()
                  ? find_shop(settings, {options.url, options.operator_url, options.ca_file})
                  : find_shop(settings, {shop, {}, options.ca_file});
  if (!urls) return std::unexpected(urls.error());
  options.url = std::move(urls->shop);
  options.operator_url = std::move(urls->operators);
  options.plan = plan_of(arguments, *scenario);
  options.scenario = *std::move(scenario);
  options.audit = !arguments.no_audit;
  options.metrics = all_metric_specs();
  options.tokens_file = arguments.tokens_file.empty() ? (data / "loadtest-tokens.txt").string()
                                                      : arguments.tokens_file;
  options.password_file = arguments.password_file.empty() ? (data / "demo-password.txt").string()
                                                          : arguments.password_file;
  return options;
}

int refused(const Invocation& invocation, const Error& error) {
  if (error.code == ErrorCode::kInvalidRequest) return usage_error(invocation, error.detail);
  fmt::print(invocation.err, "souk loadtest: {}\n", error.detail);
  return loadtest::kExitCouldNotRun;
}

int run(const Invocation& invocation, const EffectiveSettings& settings,
        const Arguments& arguments) {
  const auto options = options_of(settings.values, arguments);
  if (!options) return refused(invocation, options.error());
  return until_signal([&](const std::atomic<bool>& stop) {
    return loadtest::run_load_test(*options, console(invocation), stop);
  });
}

constexpr std::size_t kDefaultRepeats = 10;
constexpr std::chrono::seconds kDefaultRepeat{10};

struct BaselineArguments {
  Arguments load;
  std::string baseline;  // a file, or the URL of a shop
  std::size_t repeats = kDefaultRepeats;
};

int save(const Invocation& invocation, const EffectiveSettings& settings,
         const BaselineArguments& arguments) {
  const auto options = options_of(settings.values, arguments.load);
  if (!options) return refused(invocation, options.error());
  return until_signal([&](const std::atomic<bool>& stop) {
    return loadtest::save_baseline(*options, arguments.repeats, arguments.baseline,
                                   console(invocation), stop);
  });
}

int compare(const Invocation& invocation, const EffectiveSettings& settings,
            const BaselineArguments& arguments) {
  const auto options = options_of(settings.values, arguments.load);
  if (!options) return refused(invocation, options.error());
  if (arguments.baseline.find("://") == std::string::npos) {
    return until_signal([&](const std::atomic<bool>& stop) {
      return loadtest::compare_with_file(*options, arguments.repeats, arguments.baseline,
                                         console(invocation), stop);
    });
  }
  const auto baseline = options_of(settings.values, arguments.load, arguments.baseline);
  if (!baseline) return refused(invocation, baseline.error());
  return until_signal([&](const std::atomic<bool>& stop) {
    return loadtest::compare_with_shop(*options, *baseline, arguments.repeats, console(invocation),
                                       stop);
  });
}

void add_list(CLI::App& group, Invocation& invocation) {
  group.add_subcommand("list", "The scenarios of this build.")->callback([&invocation] {
    invocation.run = [&invocation] {
      for (const auto& builtin : loadtest::builtin_scenarios()) {
        const auto scenario = loadtest::load_scenario(std::string(builtin.name));
        fmt::print(invocation.out, "{:<14}{}\n", builtin.name,
                   scenario ? scenario->summary : scenario.error().detail);
      }
      return kExitOk;
    };
  });
}

void add_show(CLI::App& group, Invocation& invocation) {
  const auto name = std::make_shared<std::string>();
  auto& command = *group.add_subcommand("show", "Checks a scenario and prints its file.");
  command.add_option("SCENARIO", *name, "A name of `list`, or a file.")->required();
  command.callback([&invocation, name] {
    invocation.run = [&invocation, name] {
      const auto scenario = loadtest::load_scenario(*name);
      if (!scenario) return usage_error(invocation, scenario.error().detail);
      invocation.out << scenario->text;
      return kExitOk;
    };
  });
}

void add_run(CLI::App& group, Invocation& invocation) {
  auto& command = *group.add_subcommand("run", "Runs a scenario against a running shop.");
  const auto arguments = std::make_shared<Arguments>();
  command.add_option("SCENARIO", arguments->scenario, "A name of `list`, or a file.")->required();
  add_load_options(command, *arguments);
  add_wants(command, arguments->options.wants);
  add_inputs(command, *arguments);
  add_outputs(command, *arguments);
  run_with_settings(command, invocation, {"data.directory", "database.url"},
                    [&invocation, arguments](const EffectiveSettings& settings) {
                      return run(invocation, settings, *arguments);
                    });
}

void add_baseline_command(CLI::App& group, Invocation& invocation, const std::string& name,
                          const std::string& help, const std::string& baseline_help,
                          int (*work)(const Invocation&, const EffectiveSettings&,
                                      const BaselineArguments&)) {
  auto& command = *group.add_subcommand(name, help);
  const auto arguments = std::make_shared<BaselineArguments>();
  arguments->load.duration = kDefaultRepeat;
  command.add_option("BASELINE", arguments->baseline, baseline_help)->required();
  command.add_option("SCENARIO", arguments->load.scenario, "A name of `list`, or a file.")
      ->required();
  command.add_option("--repeats", arguments->repeats, "How often each shop is loaded.")
      ->check(CLI::Range(loadtest::kFewestRepeats, loadtest::kMaxRepeats))
      ->type_name("NUMBER")
      ->capture_default_str();
  add_load_options(command, arguments->load);
  add_wants(command, arguments->load.options.wants);
  add_inputs(command, arguments->load);
  run_with_settings(command, invocation, {"data.directory", "database.url"},
                    [&invocation, arguments, work](const EffectiveSettings& settings) {
                      return work(invocation, settings, *arguments);
                    });
}

void add_baseline(CLI::App& group, Invocation& invocation) {
  auto& command = *group.add_subcommand(
      "baseline", "Has a build become slower? Repeats of 10 s (--duration) are compared.");
  command.require_subcommand(1);
  command.footer(R"(Example: two builds on one database, loaded in turn.
  souk loadtest baseline compare http://127.0.0.1:8081 normal_load --url http://127.0.0.1:8080

Exit status of compare: 0 nothing is certainly worse, 1 something is, 2 wrong usage, 3 it could not run.)");
  add_baseline_command(command, invocation, "save", "Writes the results of repeats to a file.",
                       "The file.", save);
  add_baseline_command(command, invocation, "compare", "Says what has changed, and how certainly.",
                       "The URL of a shop to load in turn, with the same tokens, or a file.",
                       compare);
}

void add_audit(CLI::App& group, Invocation& invocation) {
  auto& command = *group.add_subcommand(
      "audit", "Checks the books against a file of `run --acknowledged`, without any load.");
  const auto file = std::make_shared<std::string>();
  command.add_option("--acknowledged", *file, "The file.")->type_name("FILE")->required();
  run_with_settings(command, invocation, {"data.directory", "database.url"},
                    [&invocation, file](const EffectiveSettings& settings) {
                      return loadtest::run_audit(database_url(settings.values), *file,
                                                 console(invocation));
                    });
}

}  // namespace

void add_loadtest(CLI::App& app, Invocation& invocation) {
  auto& command = *app.add_subcommand(
      "loadtest", "Load a running shop as its customers would, and judge it by its budgets.");
  command.require_subcommand(1);
  command.footer(kExamples);
  add_list(command, invocation);
  add_show(command, invocation);
  add_run(command, invocation);
  add_audit(command, invocation);
  add_baseline(command, invocation);
}

}  // namespace souk::app
