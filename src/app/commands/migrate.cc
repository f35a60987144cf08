#include <fmt/ostream.h>

#include "app/commands/commands.h"
#include "app/commands/shop_database.h"
#include "postgres/migrator.h"

namespace souk::app {
namespace {

constexpr auto kExamples = R"(Examples:
  DATABASE_URL=postgresql://souk@db/souk souk migrate
  souk migrate --dry-run --database-url postgresql:///souk
  souk migrate --dir migrations      the files of a folder instead of the binary's own)";

struct MigrateArguments {
  bool dry_run = false;
  std::string folder;
};

Result<std::vector<std::string>> run(const Settings& settings, const MigrateArguments& arguments,
                                     const postgres::MigrateOptions& options) {
  const auto& conninfo = settings.database.conninfo;
  if (arguments.folder.empty()) return migrate_shop(conninfo, settings, options);
  const auto files = postgres::read_migrations(arguments.folder);
  if (!files) return std::unexpected(files.error());
  return postgres::migrate(conninfo, *files, options);
}

int migrate(Invocation& invocation, const Settings& settings, const MigrateArguments& arguments) {
  postgres::MigrateOptions options{.dry_run = arguments.dry_run};
  options.report = [&out = invocation.out](std::string_view line) {
    fmt::print(out, "{}\n", line);
    out.flush();
  };
  const auto files = run(settings, arguments, options);
  if (!files) {
    fmt::print(invocation.err, "souk: {}\n", files.error().detail);
    return kExitFailure;
  }
  if (arguments.dry_run) {
    for (const auto& name : *files) fmt::print(invocation.out, "would apply {}\n", name);
  }
  if (files->empty()) fmt::print(invocation.out, "the database is up to date\n");
  return kExitOk;
}

}  // namespace

void add_migrate(CLI::App& app, Invocation& invocation) {
  auto& command =
      *app.add_subcommand("migrate", "Bring a database to the schema this binary was built for.");
  const auto arguments = std::make_shared<MigrateArguments>();
  command.add_flag("--dry-run", arguments->dry_run, "Only list what would run.");
  command.add_option("--dir", arguments->folder, "Take the files of this folder.")
      ->type_name("FOLDER")
      ->check(CLI::ExistingDirectory);
  command.footer(kExamples);
  run_with_database(command, invocation, [&invocation, arguments](const Settings& settings) {
    return migrate(invocation, settings, *arguments);
  });
}

}  // namespace souk::app
