#include "app/commands/command.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cctype>
#include <memory>

#include "base/assert.h"

namespace souk::app {
namespace {

// "integer" as help shows it: INTEGER.
std::string placeholder(std::string_view kind) {
  std::string upper(kind);
  std::ranges::transform(upper, upper.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return upper;
}

std::string with_default(std::string_view help, std::string_view value) {
  return value.empty() ? std::string(help) : fmt::format("{} [default: {}]", help, value);
}

void add_flag_of(CLI::App& command, const Setting& setting,
                 const std::shared_ptr<SettingSources>& sources) {
  const std::string flag(setting.flag);
  if (setting.value.kind == "boolean") {
    command.add_flag_callback(
        flag,
        [sources, flag, key = setting.key()] { sources->flags.push_back({flag, key, "true"}); },
        std::string(setting.help));
    return;
  }
  command
      .add_option_function<std::string>(
          flag,
          [sources, flag, key = setting.key()](const std::string& value) {
            sources->flags.push_back({flag, key, value});
          },
          with_default(setting.help, setting.printed(Settings())))
      ->type_name(placeholder(setting.value.kind));
}

void add_assignment(const std::string& assignment, SettingSources& sources) {
  const auto equals = assignment.find('=');
  if (equals == assignment.npos) {
    throw CLI::ValidationError("--set",
                               fmt::format("\"{}\" must be section.name=value", assignment));
  }
  const auto key = assignment.substr(0, equals);
  sources.flags.push_back({fmt::format("--set {}", key), key, assignment.substr(equals + 1)});
}

}  // namespace

void run_with_settings(CLI::App& command, Invocation& invocation,
                       const std::vector<std::string>& keys,
                       std::function<int(const EffectiveSettings&)> run, Warnings warnings) {
  const auto sources = std::make_shared<SettingSources>();
  command
      .add_option("--config", sources->file,
                  with_default("Settings file to read.",
                               fmt::format("{}, if there is one", kDefaultSettingsFile)))
      ->type_name("FILE");
  command
      .add_option_function<std::vector<std::string>>(
          "--set",
          [sources](const std::vector<std::string>& assignments) {
            for (const auto& assignment : assignments) add_assignment(assignment, *sources);
          },
          "Any setting; may be repeated. `souk config` lists them.")
      ->type_name("SECTION.NAME=VALUE")
      ->expected(1)
      ->take_all();
  for (const auto& key : keys) {
    const auto* setting = find_setting(key);
    SOUK_ASSERT(setting != nullptr && !setting->flag.empty());
    add_flag_of(command, *setting, sources);
  }
  command.callback([&invocation, sources, warnings, run = std::move(run)] {
    invocation.run = [&invocation, sources, warnings, run] {
      sources->environment = invocation.environment;
      const auto settings = load_settings(*sources);
      if (!settings) {
        fmt::print(invocation.err, "souk: {}\n", settings.error());
        return kExitUsage;
      }
      if (warnings == Warnings::kPrinted) {
        for (const auto& warning : settings->unknown_variables) {
          fmt::print(invocation.err, "souk: warning: {}\n", warning);
        }
      }
      return run(*settings);
    };
  });
}

void run_with_database(CLI::App& command, Invocation& invocation,
                       std::function<int(const Settings&)> run) {
  run_with_settings(
      command, invocation, {"database.url"},
      [&invocation, name = command.get_name(), run = std::move(run)](const auto& settings) {
        const auto& conninfo = settings.values.database.conninfo;
        if (!conninfo.empty()) return run(settings.values);
        fmt::print(invocation.err,
                   "souk: {} needs a database: set DATABASE_URL or give --database-url\n", name);
        return kExitUsage;
      });
}

}  // namespace souk::app
