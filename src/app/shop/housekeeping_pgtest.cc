#include <fmt/format.h>
#include <gtest/gtest.h>

#include "app/shop/housekeeping.h"
#include "jobs/notifier.h"
#include "postgres/test_pool.h"

namespace souk::app {
namespace {

using namespace std::chrono_literals;
using Steady = FollowedClock::Steady;

class HousekeepingTest : public postgres::PoolTest {
 public:
  HousekeepingTest() {
    execute("INSERT INTO users (id, email, name, password_hash) VALUES ('" + kId +
            "', 'a@b.example', 'A', 'x')");
    execute(
        "INSERT INTO sessions (token_hash, user_id, created_at, expires_at) "
        "SELECT sha256(n::text::bytea), '" +
        kId +
        "', now() - interval '30 days', "
        "now() + n * interval '1 hour' FROM generate_series(-2, 3) n WHERE n <> 0");
  }

  // Observes the clock as the follower of the change log does, `ago` earlier.
  void look(std::chrono::microseconds leap, Steady::duration ago = 0s) {
    const auto moment = Steady::clock::now() - ago;
    clock_.observe(moment, own_.now() + leap - std::chrono::floor<std::chrono::microseconds>(ago),
                   moment);
  }
  // Returns how many sessions are left.
  std::string run() {
    with_pool([](HousekeepingTest& test, postgres::Pool& pool) -> runtime::Task<void> {
      Housekeeping housekeeping(pool, test.clock_,
                                {.keys = 24h, .history = 24h, .audit = 24h * 365}, test.registry);
      co_await housekeeping.run(test.context);
    });
    return value("SELECT count(*) FROM sessions");
  }
  template <class Body>
  void with_pool(Body body) {
    loop.run_until_done(postgres::run_with_pool(*this, body));
  }

  static inline const std::string kId = "00000000-0000-0000-0000-000000000001";
  SystemClock own_;
  FollowedClock clock_{own_};
};

TEST_F(HousekeepingTest, WhatHasExpiredGoes) {
  look(0s);
  EXPECT_EQ(run(), "3");
}

TEST_F(HousekeepingTest, NothingGoesBeforeTheDatabasesTimeIsKnown) { EXPECT_EQ(run(), "5"); }

// After the clock jumped by a month every session was deleted.
TEST_F(HousekeepingTest, NothingGoesForALeapOfTheClockUntilThatHasBeenSteadyForAWhile) {
  look(0s, 3h);
  look(30 * 24h, 30min);
  look(30 * 24h);
  EXPECT_EQ(run(), "5");
  look(0s);  // set back, which is another jump
  EXPECT_EQ(run(), "5");
}

TEST_F(HousekeepingTest, ALeapThatLastsIsBelieved) {
  look(0s, 3h);
  look(30 * 24h, 2h);
  EXPECT_EQ(run(), "0");
}

class UnpaidOrderExpiryTest : public HousekeepingTest {
 public:
  UnpaidOrderExpiryTest() {
    execute(fmt::format(
        "INSERT INTO categories (id, name, slug) VALUES ('{0}', 'C', 'c'); "
        "INSERT INTO products (id, name, category_id, price, currency) "
        "VALUES ('{0}', 'P', '{0}', 7, 'EUR'); "
        "INSERT INTO product_stocks (product_id, quantity, reserved) VALUES ('{0}', 10, 1); "
        "INSERT INTO orders (id, user_id, total, currency, updated_at) "
        "VALUES ('{0}', '{0}', 7, 'EUR', now() - interval '1 hour'); "
        "INSERT INTO order_items (order_id, line_no, product_id, product_name, quantity, "
        "unit_price) VALUES ('{0}', 1, '{0}', 'P', 1, 7)",
        kId));
  }

  // Returns the status of an order of an hour ago.
  std::string run(std::chrono::minutes lifetime) {
    loop.run_until_done(postgres::run_with_pool(
        *this, [lifetime](UnpaidOrderExpiryTest& test, postgres::Pool& pool) {
          return test.end(pool, lifetime);
        }));
    return value("SELECT status FROM orders");
  }
  double paused() {
    Buffer out;
    registry.render(out);
    const std::string text(out.view());
    const std::string name = "\nsouk_housekeeping_paused_total ";
    return std::stod(text.substr(text.find(name) + name.size()));
  }

 private:
  runtime::Task<void> end(postgres::Pool& pool, std::chrono::minutes lifetime) {
    jobs::Notifier notifier;
    SystemRandom random;
    UuidGenerator ids(clock_, random);
    checkout::UnpaidOrders orders(pool, notifier, registry, clock_, ids,
                                  {.orders = lifetime, .transfers = {}});
    UnpaidOrderExpiry expiry(orders, clock_, registry);
    co_await expiry.run(context);
  }
};

TEST_F(UnpaidOrderExpiryTest, WhatWasNotPaidInTimeEnds) {
  look(0s);
  EXPECT_EQ(run(90min), "pending");
  EXPECT_EQ(run(30min), "cancelled");
  EXPECT_EQ(paused(), 0);
}

TEST_F(UnpaidOrderExpiryTest, NothingEndsBeforeTheDatabasesTimeIsKnown) {
  EXPECT_EQ(run(30min), "pending");
  EXPECT_EQ(paused(), 1);
}

// After the clock jumped by a month every unpaid order was cancelled.
TEST_F(UnpaidOrderExpiryTest, NothingEndsForALeapOfTheClockUntilThatHasBeenSteadyForAWhile) {
  look(0s, 3h);
  look(30 * 24h, 30min);
  look(30 * 24h);
  EXPECT_EQ(run(30min), "pending");
  EXPECT_EQ(paused(), 1);
}

// The node has not observed the jump yet: its clock is an hour behind the database's.
TEST_F(UnpaidOrderExpiryTest, ALeapThatTheNodeHasNotSeenYetEndsNothing) {
  look(-59min, 2h);
  EXPECT_EQ(run(30min), "pending");
  EXPECT_EQ(paused(), 0);
}

}  // namespace
}  // namespace souk::app
