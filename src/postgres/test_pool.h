// A pool on a test's own database, and a loop to run it on. Only for tests.
//   with_pool([](PoolTest& test, Pool& pool) -> Task<void> { ... });
#pragma once

#include <gtest/gtest.h>

#include "postgres/pool.h"
#include "postgres/test_database.h"
#include "runtime/scope.h"

namespace souk::postgres {

// Starts a pool, runs the body and closes the pool, however the body ends.
template <class Test, class Body>
runtime::Task<void> run_with_pool(Test& test, Body body) {
  Pool pool(test.loop, test.registry, test.config);
  std::exception_ptr failure;
  try {
    co_await pool.start();
    co_await body(test, pool);
  } catch (...) {
    failure = std::current_exception();
  }
  co_await pool.close();
  if (failure) std::rethrow_exception(failure);
}

class PoolTest : public testing::Test {
 public:
  explicit PoolTest(TestDatabase of_its_own = {}) : database(std::move(of_its_own)) {}

  TestDatabase database;
  runtime::Loop loop;
  telemetry::Registry registry;
  runtime::Context context;
  PoolConfig config{.conninfo = database.conninfo()};

  template <class Body>
  void with_pool(Body body) {
    loop.run_until_done(run_with_pool(*this, body));
  }

  // One value, queried outside the pool.
  std::string value(const std::string& sql) {
    auto connection = database.connect();
    const auto rows = connection.run(sql);
    if (!rows) throw std::runtime_error(rows.error().detail);
    return rows->size() == 0 ? "" : std::string(rows->text(0, 0));
  }
  void execute(const std::string& sql) { value(sql); }

  // Waits until the query returns the expected value.
  static constexpr std::chrono::seconds kPatience{30};
  runtime::Task<void> until(std::string sql, std::string expected) {
    const auto give_up = std::chrono::steady_clock::now() + kPatience;
    while (value(sql) != expected) {
      if (std::chrono::steady_clock::now() > give_up) {
        ADD_FAILURE() << sql << " gives " << value(sql) << ", not " << expected;
        co_return;
      }
      co_await loop.sleep(std::chrono::milliseconds(5));
    }
  }
};

}  // namespace souk::postgres
