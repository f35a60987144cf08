#include <fmt/ostream.h>

#include <fstream>
#include <thread>

#include "app/commands/commands.h"
#include "app/commands/duration_option.h"
#include "app/commands/until_signal.h"
#include "app/reference.h"
#include "app/shop/shop.h"
#include "app/trial/private_shop.h"
#include "base/open_files.h"
#include "capacity/report.h"
#include "capacity/survey.h"
#include "seed/seed.h"

namespace souk::app {
namespace {

constexpr auto kExamples = R"(Examples:
  souk capacity                                what does this machine carry?
  souk capacity --users 400 --growth 5%/month  and until when
  souk capacity --workers 1,2,4 --json capacity.json --set cache.max_memory=64MiB

A shop of its own is made for it, in a folder of --in that is removed afterwards; nothing else may
run on the machine meanwhile. docs/capacity.md explains the report. Exit status: 0 some rate keeps
all budgets, 1 none does, 2 wrong usage, 3 it could not run.)";

constexpr std::size_t kMostWorkers = 256;
constexpr std::size_t kSpareDescriptors = 256;
constexpr std::chrono::seconds kShortestPoint{2};

struct Arguments {
  capacity::SurveyConfig config{.concurrencies = {1, 2, 4, 8, 16, 32, 64},
                                .shares = {0.5, 0.6, 0.7, 0.8, 0.9}};
  std::string scenario = "normal_load";
  std::size_t threads = 1;
  std::uint64_t products = seed::ShopSize().products;
  std::string place = "/var/tmp";
  std::string json_file;
  std::string budgets_file;
  std::optional<double> users;
  std::string growth;
};

// 1, 2, 4, ... up to the cores.
std::vector<std::size_t> default_workers() {
  const std::size_t cores = std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::size_t> workers;
  for (std::size_t n = 1; n < cores; n *= 2) workers.push_back(n);
  workers.push_back(cores);
  return workers;
}

// Serves the private shop with one node at a time.
class PrivateShops final : public capacity::Shops {
 public:
  PrivateShops(const PrivateShop& shop, SettingList settings)
      : shop_(shop), settings_(std::move(settings)) {}

  Result<capacity::ServedShop> serve(std::size_t workers) override {
    node_.reset();
    auto settings = settings_;
    settings.emplace_back("runtime.workers", std::to_string(workers));
    auto node = shop_.serve("node", settings);
    if (!node) return std::unexpected(node.error());
    node_.emplace(*std::move(node));
    return capacity::ServedShop{node_->url(), node_->operator_url(), shop_.database_url()};
  }

 private:
  const PrivateShop& shop_;
  SettingList settings_;
  std::optional<TrialNode> node_;
};

int could_not_run(const Invocation& invocation, const Error& error) {
  fmt::print(invocation.err, "souk capacity: {}\n", error.detail);
  return error.code == ErrorCode::kInvalidRequest ? kExitUsage : loadtest::kExitCouldNotRun;
}

// Of the largest number of workers.
std::size_t database_connections(Settings settings, const Arguments& arguments) {
  settings.runtime.workers = *std::ranges::max_element(arguments.config.workers);
  return Shop::database_connections(settings);
}

Result<capacity::Survey> measure(const Invocation& invocation, const EffectiveSettings& settings,
                                 const Arguments& arguments, loadtest::Options options,
                                 const TrialFolder& folder, const std::atomic<bool>& stop) {
  const auto report = [&invocation](std::string_view line) {
    fmt::print(invocation.err, "souk: {}\n", line);
  };
  const seed::ShopSize size{.products = arguments.products,
                            .users = arguments.products / 2 + 1,
                            .orders = arguments.products * 5};
  const auto shop =
      PrivateShop::start(folder, size, database_connections(settings.values, arguments), report);
  if (!shop) return std::unexpected(shop.error());
  options.tokens_file = (*shop)->tokens();
  options.password_file = (*shop)->password();
  PrivateShops shops(**shop, settings_for_nodes(settings));
  return capacity::survey(shops, options, arguments.config, invocation.err, stop);
}

Result<std::optional<capacity::Outlook>> outlook_of(const Arguments& arguments) {
  if (arguments.growth.empty() && !arguments.users) return std::nullopt;
  if (arguments.growth.empty() || !arguments.users) {
    return fail(ErrorCode::kInvalidRequest, "--users and --growth belong together");
  }
  const auto growth = capacity::parse_growth(arguments.growth);
  if (!growth) return fail(ErrorCode::kInvalidRequest, "--growth: " + growth.error().detail);
  return capacity::Outlook{*arguments.users, *growth};
}

Result<loadtest::Options> options_of(const Arguments& arguments) {
  auto scenario = loadtest::load_scenario(arguments.scenario);
  if (!scenario) return std::unexpected(scenario.error());
  loadtest::Options options{.scenario = *std::move(scenario)};
  options.plan.threads = arguments.threads;
  options.budgets_file = arguments.budgets_file;
  options.metrics = all_metric_specs();
  return options;
}

int run(const Invocation& invocation, const EffectiveSettings& settings, Arguments arguments) {
  auto options = options_of(arguments);
  if (!options) return could_not_run(invocation, options.error());
  const auto outlook = outlook_of(arguments);
  if (!outlook) return could_not_run(invocation, outlook.error());
  arguments.config.think_time = options->scenario.think_time;
  allow_open_files(arguments.config.connections + kSpareDescriptors);
  // Opened before root is given up.
  std::ofstream json;
  if (!arguments.json_file.empty()) {
    json.open(arguments.json_file, std::ios::binary | std::ios::trunc);
    if (!json) {
      return could_not_run(invocation,
                           {ErrorCode::kInvalidRequest,
                            fmt::format("--json: cannot write {}", arguments.json_file)});
    }
  }
  const auto folder = TrialFolder::make(arguments.place);
  if (!folder) return could_not_run(invocation, folder.error());
  return until_signal([&](const std::atomic<bool>& stop) {
    const auto survey =
        measure(invocation, settings, arguments, *std::move(options), **folder, stop);
    if (!survey) return could_not_run(invocation, survey.error());
    const auto now = SystemClock().now();
    capacity::print_survey(invocation.out, *survey, *outlook, now);
    if (json.is_open()) {
      Buffer text;
      capacity::write_survey(text, *survey, *outlook, now);
      json << text.view();
      if (!json.flush()) {
        return could_not_run(invocation, {ErrorCode::kUnavailable,
                                          fmt::format("cannot write {}", arguments.json_file)});
      }
    }
    return survey->best ? kExitOk : kExitFailure;
  });
}

template <class T>
void add_list(CLI::App& command, const std::string& flag, std::vector<T>& list, T least, T most,
              const std::string& help) {
  command.add_option(flag, list, help)
      ->delimiter(',')
      ->check(CLI::Range(least, most))
      ->type_name("NUMBER,...");
}

void add_measurement(CLI::App& command, Arguments& arguments) {
  auto& config = arguments.config;
  config.workers = default_workers();
  add_list<std::size_t>(command, "--workers", config.workers, 1, kMostWorkers,
                        "Workers of the shop, one series each. [default: 1, 2, 4, ... cores]");
  add_list<std::size_t>(command, "--concurrency", config.concurrencies, 1, 100'000,
                        "Users without think time, at least three numbers. [default: 1,2,4,...64]");
  add_list<double>(command, "--shares", config.shares, 0.01, 1.5,
                   "Rates to try, as shares of the ceiling. [default: 0.5,0.6,...0.9]");
  command.add_option("--repeats", config.repeats, "How often each concurrency is measured.")
      ->check(CLI::Range(capacity::kFewestRepeats, std::size_t{1'000}))
      ->capture_default_str();
  add_duration(command, "--point", config.point, "How long. [default: 3s]");
  add_duration(command, "--rate-for", config.rate, "How long each rate is tried. [default: 8s]");
  command
      .add_option("--connections", config.connections,
                  "Connections by which memory is measured; 0: it is not.")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
}

Result<> check(Arguments& arguments) {
  auto& config = arguments.config;
  std::ranges::sort(config.concurrencies);
  std::ranges::sort(config.shares);
  const auto repeated = std::ranges::unique(config.concurrencies);
  config.concurrencies.erase(repeated.begin(), repeated.end());
  if (config.concurrencies.size() < capacity::kFewestConcurrencies) {
    return fail(ErrorCode::kInvalidRequest,
                "--concurrency: needs at least three different numbers");
  }
  if (config.point < kShortestPoint || config.rate < kShortestPoint) {
    return fail(ErrorCode::kInvalidRequest, "--point, --rate-for: must be 2s or more");
  }
  return {};
}

}  // namespace

void add_capacity(CLI::App& app, Invocation& invocation) {
  auto& command = *app.add_subcommand(
      "capacity", "Measure what this machine carries, what ends it, and when the shop must grow.");
  command.footer(kExamples);
  const auto arguments = std::make_shared<Arguments>();
  command.add_option("--scenario", arguments->scenario, "Whose mix: a name, or a file.")
      ->capture_default_str();
  add_measurement(command, *arguments);
  command.add_option("--products", arguments->products, "Size of the shop; five orders for each.")
      ->check(CLI::Range(std::int64_t{10}, seed::kRowsMax / 5))
      ->capture_default_str();
  command.add_option("--threads", arguments->threads, "Threads of the load generator.")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command.add_option("--users", arguments->users, "Users at your busiest time now.")
      ->check(CLI::PositiveNumber)
      ->type_name("NUMBER");
  command.add_option("--growth", arguments->growth, "How they grow: 5%/month, 40%/year.")
      ->type_name("GROWTH");
  command.add_option("--in", arguments->place, "On the disk of your database.")
      ->type_name("FOLDER")
      ->capture_default_str();
  command.add_option("--json", arguments->json_file, "Where to write everything as JSON.")
      ->type_name("FILE");
  command.add_option("--budgets", arguments->budgets_file, "[default: those of this build]")
      ->type_name("FILE");
  run_with_settings(command, invocation, {},
                    [&invocation, arguments](const EffectiveSettings& settings) {
                      if (const auto usable = check(*arguments); !usable) {
                        return could_not_run(invocation, usable.error());
                      }
                      return run(invocation, settings, *arguments);
                    });
}

}  // namespace souk::app
