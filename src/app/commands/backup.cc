#include <fmt/ostream.h>

#include "app/commands/commands.h"
#include "app/embedded/archive.h"

namespace souk::app {
namespace {

constexpr auto kBackupExamples = R"(Examples:
  souk backup shop.backup                 of ./data, while `souk up` runs or not
  souk backup --data /srv/shop --replace /backups/shop.backup)";
constexpr auto kRestoreExamples = R"(Examples:
  souk restore shop.backup                into ./data, where no shop is yet
  souk restore --data /srv/shop --replace /backups/shop.backup)";

Report lines_on(std::ostream& out) {
  return [&out](std::string_view line) {
    fmt::print(out, "souk: {}\n", line);
    out.flush();
  };
}

int report_end(Invocation& invocation, const Result<>& done, const std::filesystem::path& what,
               std::string_view verb) {
  if (!done) {
    fmt::print(invocation.err, "souk: {}\n", done.error().detail);
    return kExitFailure;
  }
  fmt::print(invocation.out, "souk: {} {}\n", verb, what.string());
  return kExitOk;
}

CLI::App& add_command(CLI::App& app, const std::string& name, const std::string& help,
                      std::filesystem::path& file, bool& replace, const std::string& of) {
  auto& command = *app.add_subcommand(name, help);
  command.add_option("file", file, "The backup.")->type_name("FILE")->required();
  command.add_flag("--replace", replace, "Replace " + of + " that is there.");
  return command;
}

}  // namespace

void add_backup(CLI::App& app, Invocation& invocation) {
  const auto options = std::make_shared<BackupOptions>();
  auto& command = add_command(app, "backup", "Write the shop of `souk up` into one file.",
                              options->file, options->replace, "a file");
  command.footer(kBackupExamples);
  run_with_settings(command, invocation, {"data.directory"},
                    [&invocation, options](const EffectiveSettings& settings) {
                      options->data = settings.values.data.directory;
                      return report_end(invocation, back_up(*options, lines_on(invocation.out)),
                                        options->file, "the shop is in");
                    });
}

void add_restore(CLI::App& app, Invocation& invocation) {
  const auto options = std::make_shared<RestoreOptions>();
  auto& command =
      add_command(app, "restore", "Put a shop that `souk backup` wrote back under `souk up`.",
                  options->file, options->replace, "a shop");
  command.add_flag("--accept-findings", options->accept_findings,
                   "Restore it although its books do not add up.");
  command.footer(kRestoreExamples);
  run_with_settings(command, invocation, {"data.directory"},
                    [&invocation, options](const EffectiveSettings& settings) {
                      options->data = settings.values.data.directory;
                      return report_end(invocation, restore(*options, lines_on(invocation.out)),
                                        options->file, "the shop is restored from");
                    });
}

}  // namespace souk::app
