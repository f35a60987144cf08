#include <fmt/ostream.h>

#include "app/commands/certificate_output.h"
#include "app/commands/certify_against.h"
#include "app/commands/commands.h"
#include "app/commands/duration_option.h"
#include "app/commands/until_signal.h"
#include "app/reference.h"
#include "app/trial/certification.h"
#include "base/files.h"
#include "base/open_files.h"
#include "base/parse.h"
#include "certify/certificate.h"

namespace souk::app {
namespace {

constexpr auto kExamples = R"(Examples:
  souk certify run certificate.json                 about 12 minutes; --quick: about 3
  souk certify run certificate.json --key me.pem    signed: openssl genpkey -algorithm ed25519 -out me.pem
  souk certify verify certificate.json --key me-public.pem
  souk certify --against http://127.0.0.1:3000 --driver vendure certificate.json

A shop of its own is made for it and removed afterwards; nothing else may run on the machine
meanwhile. docs/certify.md explains it. Exit status: 0 all claims are kept, 1 not so or the
certificate was changed, 2 wrong usage, 3 it could not run.)";

constexpr std::chrono::minutes kQuick{2};
constexpr std::size_t kSpareDescriptors = 1'000;

struct Arguments {
  std::string file;
  std::string key_file;
  std::string scenario = "normal_load";
  std::string place = "/var/tmp";
  std::chrono::microseconds lasting = std::chrono::minutes(10);
  bool quick = false;
  std::uint64_t products = seed::ShopSize().products;
  CertificationConfig config;
};

Result<> complete(Arguments& arguments) {
  if (arguments.quick) arguments.lasting = kQuick;
  if (arguments.lasting < kShortestCertification || arguments.lasting > kLongestCertification) {
    return fail(ErrorCode::kInvalidRequest, "--for: must be 1m to 30m");
  }
  auto& config = arguments.config;
  config.lasting = arguments.lasting;
  auto scenario = loadtest::load_scenario(arguments.scenario);
  if (!scenario) return std::unexpected(scenario.error());
  config.load.scenario = *std::move(scenario);
  config.load.metrics = all_metric_specs();
  return {};
}

// Without the key and the place, which are of the machine it was made on.
std::string command_of(const Arguments& arguments, const SettingList& settings) {
  auto command = fmt::format(
      "souk certify run certificate.json --for {} --users {} --scenario {} --products {} "
      "--threads {}",
      format_duration(arguments.lasting), arguments.config.users, arguments.scenario,
      arguments.products, arguments.config.load.plan.threads);
  for (const auto& [key, value] : settings) command += fmt::format(" --set {}={}", key, value);
  return command;
}

constexpr std::string_view kMethod =
    "Two nodes serve a demo shop from a private PostgreSQL and Redis on one machine, with the load "
    "generator. Users of the mix think between requests; 32 without pauses first give the ceiling "
    "and fill the caches, and "
    "load the first node while a process is killed by SIGKILL after a third of the time; a probe "
    "asks that node for /readyz every 50 ms over a new connection. Overload: Poisson arrivals, "
    "latency from when each was due. Freshness: prices are changed on the first node and read on "
    "the second, which had them in its cache. One audit covers every order of all loads.";

int run(const Invocation& invocation, const EffectiveSettings& settings, Arguments arguments) {
  if (const auto usable = complete(arguments); !usable) {
    return could_not_certify(invocation, usable.error());
  }
  const auto key = read_signing_key(arguments.key_file);
  if (!key) return could_not_certify(invocation, key.error());
  allow_open_files(arguments.config.users + kSpareDescriptors);
  auto file = open_certificate(arguments.file);
  if (!file) return could_not_certify(invocation, file.error());
  const auto folder = TrialFolder::make(arguments.place);
  if (!folder) return could_not_certify(invocation, folder.error());
  const auto chosen = settings_for_nodes(settings);
  print_claims(invocation.err, claims_of(arguments.config));
  return until_signal([&](const std::atomic<bool>& stop) {
    const auto report = [&invocation](std::string_view line) {
      fmt::print(invocation.err, "souk: {}\n", line);
    };
    const seed::ShopSize size{.products = arguments.products,
                              .users = arguments.products / 2 + 1,
                              .orders = arguments.products * 5};
    const auto shop =
        PrivateShop::start(**folder, size, certification_connections(settings.values), report);
    if (!shop) return could_not_certify(invocation, shop.error());
    auto certificate = certify_shop(**shop, chosen, arguments.config, invocation.err, stop);
    if (!certificate) return could_not_certify(invocation, certificate.error());
    certificate->command = command_of(arguments, chosen);
    certificate->method = kMethod;
    return finish_certificate(invocation, *certificate, *key, *file);
  });
}

int verify(const Invocation& invocation, const Arguments& arguments) {
  const auto document = read_file(arguments.file);
  if (!document) {
    return could_not_certify(invocation, {ErrorCode::kInvalidRequest, document.error()});
  }
  std::string key;
  if (!arguments.key_file.empty()) {
    const auto pem = read_file(arguments.key_file);
    if (!pem) {
      return could_not_certify(invocation, {ErrorCode::kInvalidRequest, "--key: " + pem.error()});
    }
    key = *pem;
  }
  const auto result = certify::verify(*document, key);
  if (!result) return could_not_certify(invocation, result.error());
  for (const auto& problem : result->problems) fmt::print(invocation.out, "WRONG: {}\n", problem);
  fmt::print(invocation.out, "{}: {}\n", result->subject,
             result->all_kept ? "all claims kept" : "NOT all claims kept");
  if (result->public_key.empty()) {
    fmt::print(invocation.out, "not signed: the digest shows damage, not who made it\n");
  } else {
    fmt::print(invocation.out, "signed by the Ed25519 key {}{}\n", result->public_key,
               key.empty() ? "; whose it is, --key decides" : "");
  }
  return result->problems.empty() && result->all_kept ? kExitOk : kExitFailure;
}

void add_run(CLI::App& group, Invocation& invocation) {
  auto& command = *group.add_subcommand("run", "Measures, and writes the certificate.");
  const auto arguments = std::make_shared<Arguments>();
  command.add_option("FILE", arguments->file, "The certificate.")->required();
  command.add_option("--key", arguments->key_file, "Signs it: an Ed25519 private key in PEM.")
      ->type_name("FILE");
  auto* const lasting = add_duration(command, "--for", arguments->lasting,
                                     "All loads together, 1m to 30m. [default: 10m]");
  command.add_flag("--quick", arguments->quick, "As --for 2m: to see whether it runs.")
      ->excludes(lasting);
  command.add_option("--users", arguments->config.users, "Users of the mix.")
      ->check(CLI::Range(std::size_t{1}, loadtest::kMaxUsers))
      ->type_name("NUMBER")
      ->capture_default_str();
  command.add_option("--scenario", arguments->scenario, "Whose mix: a name, or a file.")
      ->capture_default_str();
  command.add_option("--products", arguments->products, "Size of the shop; five orders for each.")
      ->check(CLI::Range(10, 10'000'000))
      ->capture_default_str();
  command
      .add_option("--threads", arguments->config.load.plan.threads,
                  "Threads of the load generator.")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command.add_option("--in", arguments->place, "On the disk of your database.")
      ->type_name("FOLDER")
      ->capture_default_str();
  command
      .add_option("--budgets", arguments->config.load.budgets_file,
                  "[default: those of this build]")
      ->type_name("FILE");
  run_with_settings(command, invocation, {},
                    [&invocation, arguments](const EffectiveSettings& settings) {
                      return run(invocation, settings, *arguments);
                    });
}

void add_verify(CLI::App& group, Invocation& invocation) {
  auto& command = *group.add_subcommand(
      "verify", "Checks a certificate: its digest, its signature, and that its verdicts follow.");
  const auto arguments = std::make_shared<Arguments>();
  command.add_option("FILE", arguments->file, "The certificate.")->required();
  command
      .add_option("--key", arguments->key_file, "The public key in PEM that must have signed it.")
      ->type_name("FILE");
  command.callback([&invocation, arguments] {
    invocation.run = [&invocation, arguments] { return verify(invocation, *arguments); };
  });
}

}  // namespace

void add_certify(CLI::App& app, Invocation& invocation) {
  auto& command = *app.add_subcommand(
      "certify", "Prove on this machine what Souk promises, in a report that can be checked.");
  command.require_subcommand(0, 1);
  command.footer(kExamples);
  add_run(command, invocation);
  add_verify(command, invocation);
  add_certify_against(command, invocation);
}

}  // namespace souk::app
