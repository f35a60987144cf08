// A database of a test's own on the throwaway server that tools/with-servers starts; dropped when
// the object goes. Only for tests.
// Threading: none of its own. Ownership: connections made from it must be gone or idle before it.
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "postgres/blocking.h"
#include "postgres/migrator.h"

namespace souk::postgres {

class TestDatabase {
 public:
  // `options` of CREATE DATABASE.
  explicit TestDatabase(const std::string& options = "")
      : server_(server_from_environment()), name_(unused_name()) {
    on_server(fmt::format("CREATE DATABASE {} {}", name_, options));
  }
  ~TestDatabase() { on_server(fmt::format("DROP DATABASE {} WITH (FORCE)", name_)); }
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  // What libpq and `DATABASE_URL` understand. A later dbname wins over the one of the server's URL.
  std::string conninfo() const {
    const char joint = server_.find('?') == std::string::npos ? '?' : '&';
    return fmt::format("{}{}dbname={}", server_, joint, name_);
  }

  BlockingConnection connect() const { return open(conninfo()); }

  // Gives it the shop's tables and indexes.
  TestDatabase& migrated() {
    if (auto done = migrate(conninfo(), embedded_migrations()); !done) {
      throw std::runtime_error(done.error().detail);
    }
    return *this;
  }

 private:
  static std::string server_from_environment() {
    const char* url = std::getenv("SOUK_TEST_DATABASE_URL");
    if (url == nullptr) {
      throw std::runtime_error("SOUK_TEST_DATABASE_URL is not set: run under tools/with-servers");
    }
    return url;
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

  void on_server(const std::string& sql) const {
    if (auto done = open(server_).execute(sql); !done) {
      throw std::runtime_error(done.error().detail);
    }
  }

  std::string server_;
  std::string name_;
};

}  // namespace souk::postgres
