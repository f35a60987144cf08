// The database of a shop that a command works on: database.url, or the private one of a data
// folder, which is started while the command runs unless `souk up` serves it already.
// Threading: the main thread. Ownership: a started PostgreSQL ends with the object.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/commands/command.h"
#include "app/embedded/services.h"
#include "postgres/migrator.h"
#include "telemetry/log.h"

namespace souk::app {

enum class WhereNoneIs : std::uint8_t { kRefuse, kCreate };

class ShopDatabase {
 public:
  // A data folder named by a flag is taken, or else database.url, or else the default folder, if it
  // has a shop. Errors: kInvalidRequest when no database is named; as EmbeddedServices::start().
  static Result<ShopDatabase> open(const EffectiveSettings& settings, WhereNoneIs otherwise,
                                   const std::function<void(std::string_view)>& progress);

  const std::string& conninfo() const { return conninfo_; }
  // Whether it is a data folder's.
  bool is_private() const { return is_private_; }

 private:
  std::string conninfo_;
  bool is_private_ = false;
  std::optional<EmbeddedServices> services_;
};

// Brings a database to the schema and the language of searches that this binary and the settings
// want. Returns the migrations that ran. Errors: as postgres::migrate() and
// catalog::set_search_language().
Result<std::vector<std::string>> migrate_shop(const std::string& conninfo, const Settings& settings,
                                              const postgres::MigrateOptions& options);

// Gives a command --database-url and --data besides --config and --set.
void run_with_shop_database(CLI::App& command, Invocation& invocation, WhereNoneIs otherwise,
                            std::function<int(const EffectiveSettings&, const ShopDatabase&)> run);

// Whether nobody can sign in as administrator, which is logged with the remedy.
bool lacks_administrator(const std::string& conninfo, telemetry::Log& log);

// Prints the error, with the members that it refuses.
int report_failure(const Invocation& invocation, const Error& error);

}  // namespace souk::app
