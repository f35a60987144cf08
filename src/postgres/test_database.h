// A test's own database on the throwaway server of tools/with-servers; dropped by the destructor.
// Only for tests.
// Threading: not synchronised. Ownership: its connections must be closed or idle before it is
// destroyed.
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "postgres/blocking.h"
#include "postgres/migrator.h"

namespace souk::postgres {

class TestDatabase {
 public:
  // With the shop's tables and indexes, empty.
  TestDatabase() : TestDatabase(copying(migrated_template())) {}
  // Without any table; `options` of CREATE DATABASE.
  static TestDatabase bare(const std::string& options = "") { return TestDatabase(options); }
  // A copy of another database, which must have no connections.
  static TestDatabase copy_of(const TestDatabase& other) {
    return TestDatabase(copying(other.name_));
  }

  ~TestDatabase() {
    if (!name_.empty()) on_server(fmt::format("DROP DATABASE {} WITH (FORCE)", name_));
  }
  TestDatabase(TestDatabase&& other) noexcept : name_(std::exchange(other.name_, "")) {}
  TestDatabase& operator=(TestDatabase&&) = delete;

  // For libpq and `DATABASE_URL`. A later dbname overrides the one of the server's URL.
  std::string conninfo() const { return conninfo_of(name_); }

  BlockingConnection connect() const { return open(conninfo()); }

  // The next "INSERT ON table" (or another event) is rolled back as by a deadlock, and only that
  // one: a rollback does not take back numbers of a sequence.
  void conflict_once(const std::string& event, const std::string& sqlstate = "40P01") const {
    static std::atomic<int> count{0};
    const auto name = fmt::format("conflict_{}", ++count);
    const auto done = connect().execute(
        fmt::format("CREATE SEQUENCE {0}; CREATE FUNCTION {0}() RETURNS trigger LANGUAGE plpgsql "
                    "AS $$ BEGIN IF nextval('{0}') = 1 THEN RAISE SQLSTATE '{2}'; END IF; "
                    "RETURN NEW; END $$; "
                    "CREATE TRIGGER {0} BEFORE {1} FOR EACH ROW EXECUTE FUNCTION {0}()",
                    name, event, sqlstate));
    if (!done) throw std::runtime_error(done.error().detail);
  }

 private:
  explicit TestDatabase(const std::string& options) : name_(unused_name()) {
    on_server(fmt::format("CREATE DATABASE {} {}", name_, options));
  }

  // Files are copied faster than pages are logged.
  static std::string copying(const std::string& database) {
    return fmt::format("TEMPLATE {} STRATEGY file_copy", database);
  }

  // The template: a migrated database that is only copied, created once per server: its name
  // contains a hash of the migrations, so that a server has one for each version of them.
  static const std::string& migrated_template() {
    static const std::string name = [] {
      auto server = open(server_url());
      std::string sql;
      for (const auto& file : embedded_migrations()) sql.append(file.name).append(file.sql);
      const auto hash = value(server, "SELECT 'template_' || md5($1)", {sql});
      // Held until the connection closes; tests of other processes wait here.
      value(server, fmt::format("SELECT pg_advisory_lock({})", kTemplateLock));
      if (value(server, "SELECT count(*) FROM pg_database WHERE datname = $1", {hash}) == "0") {
        make_template(server, hash);
      }
      return hash;
    }();
    return name;
  }

  // Has a temporary name until it is complete.
  static void make_template(BlockingConnection& server, const std::string& name) {
    const auto unfinished = name + "_unfinished";
    value(server, fmt::format("DROP DATABASE IF EXISTS {} WITH (FORCE)", unfinished));
    value(server, fmt::format("CREATE DATABASE {}", unfinished));
    if (auto done = migrate(conninfo_of(unfinished), embedded_migrations()); !done) {
      throw std::runtime_error(done.error().detail);
    }
    value(server, fmt::format("ALTER DATABASE {} RENAME TO {}", unfinished, name));
  }

  static constexpr int kTemplateLock = 1;  // of the throwaway server's database postgres

  static std::string server_url() {
    const char* url = std::getenv("SOUK_TEST_DATABASE_URL");
    if (url == nullptr) {
      throw std::runtime_error("SOUK_TEST_DATABASE_URL is not set: run under tools/with-servers");
    }
    return url;
  }

  static std::string conninfo_of(const std::string& name) {
    const auto server = server_url();
    const char joint = server.find('?') == std::string::npos ? '?' : '&';
    return fmt::format("{}{}dbname={}", server, joint, name);
  }

  static std::string unused_name() {
    static std::atomic<int> count{0};
    return fmt::format("test_{}_{}", getpid(), ++count);
  }

  static BlockingConnection open(const std::string& conninfo) {
    auto connection = BlockingConnection::open(conninfo, "souk test");
    if (!connection) throw std::runtime_error(connection.error().detail);
    return std::move(*connection);
  }

  static std::string value(BlockingConnection& connection, const std::string& sql,
                           const std::vector<std::string>& parameters = {}) {
    auto rows = connection.run(sql, parameters);
    if (!rows) throw std::runtime_error(rows.error().detail);
    return rows->size() == 0 ? "" : std::string(rows->text(0, 0));
  }

  void on_server(const std::string& sql) const {
    if (auto done = open(server_url()).execute(sql); !done) {
      throw std::runtime_error(done.error().detail);
    }
  }

  std::string name_;
};

}  // namespace souk::postgres
