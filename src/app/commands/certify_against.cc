#include "app/commands/certify_against.h"

#include <fmt/ostream.h>

#include "app/commands/certificate_output.h"
#include "app/commands/duration_option.h"
#include "app/commands/shop_url.h"
#include "app/commands/until_signal.h"
#include "app/shop/shop.h"
#include "app/trial/comparison.h"
#include "base/open_files.h"
#include "base/parse.h"

namespace souk::app {
namespace {

constexpr std::chrono::minutes kQuick{2};
constexpr std::size_t kSpareDescriptors = 1'000;
constexpr std::size_t kFewestUsers = 20;  // of Souk's shop, who order

struct Arguments {
  std::string file;
  std::string key_file;
  std::string driver;
  std::string place = "/var/tmp";
  std::chrono::microseconds lasting = std::chrono::minutes(10);
  bool quick = false;
  ComparisonConfig config;
};

Result<> complete(Arguments& arguments) {
  if (arguments.file.empty()) {
    return fail(ErrorCode::kInvalidRequest, "FILE: where the certificate is to be written");
  }
  if (arguments.quick) arguments.lasting = kQuick;
  if (arguments.lasting < kShortestComparison || arguments.lasting > kLongestComparison) {
    return fail(ErrorCode::kInvalidRequest, "--for: must be 1m to 60m");
  }
  arguments.config.lasting = arguments.lasting;
  arguments.config.driver = rivals::find_driver(arguments.driver);
  if (arguments.config.driver != nullptr) return {};
  return fail(ErrorCode::kInvalidRequest,
              "--driver: which make of shop it is: \"medusa\" or \"vendure\"");
}

std::string command_of(const Arguments& arguments, const SettingList& settings) {
  const auto& config = arguments.config;
  auto command = fmt::format(
      "souk certify --against URL --driver {} --for {} --users {} --max-requests {} --threads {}",
      config.driver->name, format_duration(arguments.lasting), config.users, config.max_requests,
      config.threads);
  if (config.rate) command += fmt::format(" --rate {}", *config.rate);
  for (const auto& [key, value] : settings) command += fmt::format(" --set {}={}", key, value);
  return command + " certificate.json";
}

std::string method_of(const ComparisonConfig& config, const Rival& rival) {
  auto method = fmt::format(
      "The mix of the scenario normal_load, without what {0} has no counterpart of, at a running "
      "shop of {0}'s and at a private one of Souk's with as many products ({1}), on whatever "
      "machines they are; Souk's shares one with the load generator. {2} pairs of runs of each "
      "load, each shop first in every second pair; a fifth of each run warms up. Closed: {3} users "
      "without pauses. Open: Poisson arrivals at one rate for both, latency from when each was "
      "due. Souk's categories and words are those with a whole first page. Intervals of 95 % by "
      "the bootstrap-t over the pairs. An answer is good that has the "
      "expected status and member, and no \"errors\". The driver was written from the answers of "
      "{0} {4}.",
      config.driver->make, rival.shop.catalogue.products.size(), kPairs, config.users,
      config.driver->version);
  for (const auto& left : rival.mix.left_out) method += fmt::format(" Left out: {}.", left);
  for (const auto& row : config.driver->rows) {
    if (row.requests.empty() || row.note.empty()) continue;
    method += fmt::format(" Different: {}: {}.", rivals::kind_name(row.kind), row.note);
  }
  return method;
}

int run(const Invocation& invocation, const EffectiveSettings& settings, Arguments arguments) {
  if (const auto usable = complete(arguments); !usable) {
    return could_not_certify(invocation, usable.error());
  }
  const auto& config = arguments.config;
  const auto key = read_signing_key(arguments.key_file);
  if (!key) return could_not_certify(invocation, key.error());
  allow_open_files(config.users + kSpareDescriptors);
  auto file = open_certificate(arguments.file);
  if (!file) return could_not_certify(invocation, file.error());
  const auto rival = find_rival(config);
  if (!rival) return could_not_certify(invocation, rival.error());
  const auto folder = TrialFolder::make(arguments.place);
  if (!folder) return could_not_certify(invocation, folder.error());
  const auto chosen = settings_for_nodes(settings);
  print_claims(invocation.err, claims_of(config, *rival));
  return until_signal([&](const std::atomic<bool>& stop) {
    const auto report = [&invocation](std::string_view line) {
      fmt::print(invocation.err, "souk: {}\n", line);
    };
    const auto products = rival->shop.catalogue.products.size();
    const seed::ShopSize size{
        .products = products, .users = std::max(products / 2, kFewestUsers), .orders = products};
    const auto shop =
        PrivateShop::start(**folder, size, Shop::database_connections(settings.values), report);
    if (!shop) return could_not_certify(invocation, shop.error());
    auto certificate =
        compare_shops(**shop, chosen, config, *rival, invocation.out, invocation.err, stop);
    if (!certificate) return could_not_certify(invocation, certificate.error());
    certificate->command = command_of(arguments, chosen);
    certificate->method = method_of(config, *rival);
    return finish_certificate(invocation, *certificate, *key, *file);
  });
}

void add_load(CLI::App& command, Arguments& arguments) {
  auto& config = arguments.config;
  command
      .add_option("--users", config.users,
                  "Users of the closed load, each of whom waits for an answer before the next "
                  "request.")
      ->check(CLI::Range(std::size_t{1}, std::size_t{10'000}))
      ->type_name("NUMBER")
      ->capture_default_str();
  command
      .add_option("--rate", config.rate,
                  "Arrivals a second of the open load. [default: half of what the slower one "
                  "carried]")
      ->check(CLI::Range(0.1, loadtest::kMaxRate))
      ->type_name("NUMBER");
  command
      .add_option("--max-requests", config.max_requests,
                  "The most that the other shop gets, in all loads together.")
      ->check(CLI::Range(std::uint64_t{1'000}, kMaxRivalRequests))
      ->type_name("NUMBER")
      ->capture_default_str();
  command.add_option("--threads", config.threads, "Threads of the load generator.")
      ->check(CLI::Range(1, 64))
      ->type_name("NUMBER")
      ->capture_default_str();
}

}  // namespace

void add_certify_against(CLI::App& certify, Invocation& invocation) {
  auto& command = *certify.add_option_group(
      "Against another shop", "The same mix, in turn, at it and at a private shop of Souk's.");
  const auto arguments = std::make_shared<Arguments>();
  auto& config = arguments->config;
  auto* const against = command
                            .add_option("--against", config.url,
                                        "A running shop of another make that may be loaded: one "
                                        "of your own. Orders are placed in it.")
                            ->type_name("URL");
  const auto with_it = [against](CLI::Option* option) { option->needs(against); };
  with_it(command.add_option("FILE", arguments->file, "The certificate."));
  with_it(command.add_option("--driver", arguments->driver, "Its make: medusa or vendure.")
              ->type_name("NAME"));
  with_it(
      command
          .add_option("--publishable-key", config.key, "Medusa's, which names the sales channel.")
          ->type_name("KEY"));
  add_ca_file(command, config.ca_file);
  with_it(command
              .add_option("--key", arguments->key_file,
                          "Signs the certificate: an Ed25519 private key in PEM.")
              ->type_name("FILE"));
  auto* const lasting = add_duration(command, "--for", arguments->lasting,
                                     "All loads of both together, 1m to 60m. [default: 10m]");
  command.add_flag("--quick", arguments->quick, "As --for 2m: to see whether it runs.")
      ->excludes(lasting);
  add_load(command, *arguments);
  command
      .add_option("--in", arguments->place, "Where Souk's shop is made: on the disk of a database.")
      ->type_name("FOLDER")
      ->capture_default_str();
  run_with_settings(command, invocation, {},
                    [&invocation, arguments](const EffectiveSettings& settings) {
                      return run(invocation, settings, *arguments);
                    });
}

}  // namespace souk::app
