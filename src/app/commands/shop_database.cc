#include "app/commands/shop_database.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <filesystem>

#include "accounts/administrators.h"
#include "catalog/setup.h"

namespace souk::app {
namespace {

constexpr std::chrono::seconds kLongestLook{5};  // for administrators, at start

bool is_flag(const EffectiveSettings& settings, std::string_view key) {
  const auto index = static_cast<std::size_t>(find_setting(key) - all_settings().data());
  return settings.origins[index].source == SettingSource::kFlag;
}

}  // namespace

Result<ShopDatabase> ShopDatabase::open(const EffectiveSettings& settings, WhereNoneIs otherwise,
                                        const std::function<void(std::string_view)>& progress) {
  ShopDatabase database;
  database.conninfo_ = settings.values.database.conninfo;
  const bool names_folder = is_flag(settings, "data.directory");
  if (names_folder && is_flag(settings, "database.url")) {
    return fail(ErrorCode::kInvalidRequest, "give --database-url or --data, not both");
  }
  if (!names_folder && !database.conninfo_.empty()) return database;
  const auto folder = DataFolder::absolute(settings.values.data.directory);
  const bool creates = names_folder && otherwise == WhereNoneIs::kCreate;
  if (!creates && !std::filesystem::exists(folder / "postgres")) {
    return fail(ErrorCode::kInvalidRequest,
                names_folder ? fmt::format("{} is not a data folder of `souk up`", folder.string())
                             : "there is no shop in ./data: name the database by DATABASE_URL or "
                               "--database-url, or the folder of `souk up` by --data");
  }
  database.is_private_ = true;
  database.conninfo_ = running_database_url(folder);
  if (!database.conninfo_.empty()) return database;
  auto started = EmbeddedServices::start({.data = folder}, progress);
  if (!started) return std::unexpected(std::move(started.error()));
  database.conninfo_ = started->database_url();
  database.services_.emplace(*std::move(started));
  return database;
}

Result<std::vector<std::string>> migrate_shop(const std::string& conninfo, const Settings& settings,
                                              const postgres::MigrateOptions& options) {
  auto applied = postgres::migrate(conninfo, postgres::embedded_migrations(), options);
  if (!applied || options.dry_run) return applied;
  auto database = postgres::BlockingConnection::open(conninfo, "souk migrate");
  if (!database) return std::unexpected(database.error());
  if (auto set = catalog::set_search_language(*database, settings.search.language); !set) {
    return std::unexpected(set.error());
  }
  return applied;
}

void run_with_shop_database(CLI::App& command, Invocation& invocation, WhereNoneIs otherwise,
                            std::function<int(const EffectiveSettings&, const ShopDatabase&)> run) {
  run_with_settings(command, invocation, {"database.url", "data.directory"},
                    [&invocation, otherwise, run = std::move(run)](const auto& settings) {
                      const auto database = ShopDatabase::open(
                          settings, otherwise, [&invocation](std::string_view line) {
                            fmt::print(invocation.err, "souk: {}\n", line);
                          });
                      if (!database) return report_failure(invocation, database.error());
                      return run(settings, *database);
                    });
}

bool lacks_administrator(const std::string& conninfo, telemetry::Log& log) {
  auto database = postgres::BlockingConnection::open(
      conninfo, "souk", {.until = std::chrono::steady_clock::now() + kLongestLook});
  const auto there = database ? accounts::has_administrator(*database)
                              : Result<bool>(std::unexpected(database.error()));
  if (!there) log.warning("administrators_unknown", {{"reason", there.error().detail}});
  if (!there || *there) return false;
  log.warning("no_administrator", {{"remedy", "souk admin create EMAIL"}});
  return true;
}

int report_failure(const Invocation& invocation, const Error& error) {
  auto text = error.detail;
  auto separator = ": ";
  for (const auto& field : error.fields) {
    text += fmt::format("{}{} {}", separator, field.pointer.substr(1), field.reason);
    separator = ", ";
  }
  fmt::print(invocation.err, "souk: {}\n", text);
  return error.code == ErrorCode::kInvalidRequest ? kExitUsage : kExitFailure;
}

}  // namespace souk::app
