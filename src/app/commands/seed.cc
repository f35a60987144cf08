#include "seed/seed.h"

#include <fmt/ostream.h>

#include <limits>

#include "app/commands/commands.h"
#include "app/commands/progress_lines.h"

namespace souk::app {
namespace {

constexpr auto kExamples = R"(Examples:
  DATABASE_URL=postgresql:///souk souk seed
  souk seed --products 1000000 --users 100000 --orders 2000000 --reset
  souk seed --tokens-only            new session tokens for the shop that is there)";

struct SeedArguments {
  seed::SeedOptions options;
  bool tokens_only = false;
};

int run(Invocation& invocation, const std::string& conninfo, SeedArguments arguments) {
  const SystemClock clock;
  arguments.options.progress = ProgressLines(invocation.out);
  const auto& tokens = arguments.options.tokens;
  const auto done = arguments.tokens_only ? seed::issue_tokens(conninfo, tokens)
                                          : seed::seed(conninfo, arguments.options, clock);
  if (!done) {
    fmt::print(invocation.err, "souk: {}\n", done.error().detail);
    return kExitFailure;
  }
  const auto print = [&](std::string_view what, const std::filesystem::path& file) {
    if (!file.empty()) fmt::print(invocation.out, "{} in {}\n", what, file.string());
  };
  print("tokens of customers are", tokens.customers);
  print("the admin's token is", tokens.admin);
  if (!arguments.tokens_only) print("the password of all customers is", tokens.password);
  return kExitOk;
}

void add_number(CLI::App& command, const std::string& flag, std::uint64_t& number,
                std::int64_t most, const std::string& help) {
  command.add_option(flag, number, help)
      ->type_name("NUMBER")
      ->check(CLI::Range(std::int64_t{0}, most))
      ->capture_default_str();
}

void add_file(CLI::App& command, const std::string& flag, std::filesystem::path& file,
              const std::string& help) {
  command.add_option(flag, file, help)->type_name("FILE")->capture_default_str();
}

void add_options(CLI::App& command, SeedArguments& arguments) {
  auto& [size, number, reset, tokens, progress] = arguments.options;
  add_number(command, "--products", size.products, seed::kRowsMax, "How many products.");
  add_number(command, "--users", size.users, seed::kRowsMax,
             "How many customers, beside one admin.");
  add_number(command, "--orders", size.orders, seed::kRowsMax, "How many orders, over two years.");
  add_number(command, "--seed", number, std::numeric_limits<std::int64_t>::max(),
             "The same seed gives the same shop, on the same day.");
  auto* const throw_away = command.add_flag("--reset", reset, "Throw away what the shop holds.");
  auto* const password =
      command
          .add_option("--password-file", tokens.password,
                      "File for a random password of all customers; without it they have none.")
          ->type_name("FILE");
  command
      .add_flag("--tokens-only", arguments.tokens_only,
                "Only write new session tokens, for the users that are there.")
      ->excludes(throw_away)
      ->excludes(password);

  tokens.customers = "souk-tokens.txt";
  tokens.admin = "souk-admin-token.txt";
  add_file(command, "--tokens", tokens.customers,
           "File for customers' session tokens; \"\" makes none.");
  add_number(command, "--max-tokens", tokens.customers_max, seed::kRowsMax,
             "How many of them at most.");
  add_file(command, "--admin-token", tokens.admin,
           "File for the admin's session token; \"\" makes none.");
}

}  // namespace

void add_seed(CLI::App& app, Invocation& invocation) {
  auto& command = *app.add_subcommand("seed", "Fill an empty database with a demo shop.");
  const auto arguments = std::make_shared<SeedArguments>();
  add_options(command, *arguments);
  command.footer(kExamples);
  run_with_database(command, invocation, [&invocation, arguments](const Settings& settings) {
    return run(invocation, settings.database.conninfo, *arguments);
  });
}

}  // namespace souk::app
