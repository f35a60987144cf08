#include "app/command_line.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>

#include "app/commands/commands.h"
#include "app/nearest.h"

namespace souk::app {
namespace {

constexpr std::string_view kFooter = R"(Examples:
  souk up                         a demo shop with its own PostgreSQL and Redis
  souk serve                      the shop, on servers of your own
  souk config                     every setting, its value and where it came from
  souk init                       open a shop: asks for what it needs
  souk admin create EMAIL         add an administrator
  souk migrate                    bring a database to this binary's schema
  souk seed                       fill it with a demo shop
  souk loadtest run normal_load       does the shop keep its budgets?
  souk capacity                   what does this machine carry, and until when?
  souk certify run FILE           prove what it promises, in a report that can be checked
  souk cache show categories      look into its cache
  souk trace ID                   where the time of a slow request went
  souk catalog import FILE        create and change products by a file
  souk version                    what this binary is made of

Settings come from souk.toml, the environment (SOUK_SECTION_NAME) and flags, each over the one
before. `souk COMMAND --help` tells more.)";

void add_commands(CLI::App& app, Invocation& invocation) {
  add_up(app, invocation);
  add_serve(app, invocation);
  add_config(app, invocation);
  add_init(app, invocation);
  add_admin(app, invocation);
  add_migrate(app, invocation);
  add_seed(app, invocation);
  add_loadtest(app, invocation);
  add_capacity(app, invocation);
  add_certify(app, invocation);
  add_probe(app, invocation);
  add_backup(app, invocation);
  add_restore(app, invocation);
  add_cache(app, invocation);
  add_catalog(app, invocation);
  add_jobs(app, invocation);
  add_trace(app, invocation);
  add_version(app, invocation);
  add_reference(app, invocation);
}

// "souk serve", for the hint after an error.
std::string chosen_command(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app.get_name()
                        : fmt::format("{} {}", app.get_name(), chosen[0]->get_name());
}

// A suggestion for the first unexpected argument.
std::string hint(const CLI::App& app) {
  const auto unexpected = app.remaining(true);
  if (unexpected.empty()) return {};
  const CLI::App* command = &app;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  const auto typed = unexpected.front().substr(0, unexpected.front().find('='));
  std::vector<std::string> candidates;
  for (const auto* option : command->get_options()) {
    for (const auto& name : option->get_lnames()) candidates.push_back("--" + name);
  }
  for (const auto* other : command->get_subcommands([](const CLI::App*) { return true; })) {
    candidates.push_back(other->get_name());
  }
  return did_you_mean(typed, candidates);
}

}  // namespace

int run_command_line(std::vector<std::string> arguments, Environment environment, std::ostream& out,
                     std::ostream& err) {
  CLI::App app("Souk, a headless commerce backend with a latency budget.", "souk");
  app.set_version_flag("--version", "souk " SOUK_VERSION, "Print the version and exit.");
  app.set_help_flag("-h,--help", "Print this help and exit.");
  app.footer(std::string(kFooter));
  Invocation invocation{.environment = std::move(environment), .out = out, .err = err};
  add_commands(app, invocation);

  try {
    std::ranges::reverse(arguments);  // as CLI11 takes them
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
      return app.exit(error, out, err);  // --help or --version
    }
    fmt::print(err, "souk: {}{}\nTry '{} --help'.\n", error.what(), hint(app), chosen_command(app));
    return kExitUsage;
  }
  if (invocation.run) return invocation.run();
  fmt::print(err, "souk: a command is missing\nTry '{} --help'.\n", chosen_command(app));
  return kExitUsage;
}

}  // namespace souk::app
