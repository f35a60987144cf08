#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "loadtest/audit.h"
#include "postgres/test_database.h"

namespace souk::loadtest {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Uuid id(int kind, int number) {
  return Uuid::parse(fmt::format("{:08}-0000-7000-8000-{:012}", kind, number)).value();
}
Uuid product(int number) { return id(1, number); }
Uuid order(int number) { return id(2, number); }
Uuid key(int number) { return id(3, number); }

// A shop of three products with 100 units each and one old order without a key.
class Audit : public testing::Test {
 protected:
  Audit() : connection_(database_.connect()) {
    run("INSERT INTO categories (id, name, slug) VALUES ('{}', 'All', 'all')",
        id(4, 1).to_string());
    run("INSERT INTO users (id, email, name, password_hash) VALUES ('{}', 'a@b.c', 'A', '-')",
        user_.to_string());
    for (int i = 1; i <= 3; ++i) {
      run("INSERT INTO products (id, name, category_id, price, currency)"
          " VALUES ('{}', 'P', '{}', 500, 'EUR')",
          product(i).to_string(), id(4, 1).to_string());
      run("INSERT INTO product_stocks (product_id, quantity) VALUES ('{}', 100)",
          product(i).to_string());
    }
    add_order(1, 2, 1'000);
    run("DELETE FROM idempotency_keys");
    baseline_ = take_baseline(database_.conninfo()).value();
  }

  template <class... T>
  void run(fmt::format_string<T...> sql, T&&... arguments) {
    const auto done = connection_.execute(fmt::format(sql, std::forward<T>(arguments)...));
    ASSERT_TRUE(done.has_value()) << done.error().detail;
  }

  // Units of product 1 at 500 each.
  void add_order(int number, int units, int total) {
    run("INSERT INTO orders (id, user_id, total, currency) VALUES ('{}', '{}', {}, 'EUR')",
        order(number).to_string(), user_.to_string(), total);
    run("INSERT INTO order_items VALUES ('{}', 1, '{}', {}, 500, 'P')", order(number).to_string(),
        product(1).to_string(), units);
    run("INSERT INTO idempotency_keys VALUES ('{}', '{}', decode(repeat('00', 32), 'hex'), '{}')",
        user_.to_string(), key(number).to_string(), order(number).to_string());
  }
  void take_stock(int units) {
    run("UPDATE product_stocks SET quantity = quantity - {} WHERE product_id = '{}'", units,
        product(1).to_string());
  }
  void place(int number, int units) {
    add_order(number, units, units * 500);
    take_stock(units);
  }

  AuditReport report(std::vector<Acknowledged> acknowledged) {
    return audit(database_.conninfo(), baseline_, acknowledged).value();
  }
  std::vector<std::string> codes(std::vector<Acknowledged> acknowledged) {
    std::vector<std::string> found;
    for (const auto& finding : report(std::move(acknowledged)).findings) {
      found.push_back(finding.code);
    }
    return found;
  }

  postgres::TestDatabase database_;
  postgres::BlockingConnection connection_;
  Uuid user_ = id(5, 1);
  Baseline baseline_;
};

TEST_F(Audit, IsCleanWhereEveryUnitAndOrderIsAccountedFor) {
  place(10, 3);
  place(11, 1);
  place(12, 1);  // its answer was lost
  const auto result = report({{order(10), key(10)}, {order(11), key(11)}, {order(10), key(10)}});
  EXPECT_THAT(result.findings, IsEmpty());
  EXPECT_EQ(result.acknowledged, 2u) << "a repeated order is one order";
  EXPECT_EQ(result.unacknowledged, 1u);
  EXPECT_EQ(result.products, 3u);
}

TEST_F(Audit, ACancelledOrderGivesItsUnitsBack) {
  place(10, 3);
  run("UPDATE orders SET status = 'cancelled', cancelled_at = now() WHERE id IN ('{}', '{}')",
      order(10).to_string(), order(1).to_string());
  EXPECT_THAT(codes({{order(10), key(10)}}), ElementsAre("stock_mismatch"));
  take_stock(-5);
  EXPECT_THAT(codes({{order(10), key(10)}}), IsEmpty());
}

TEST_F(Audit, FindsAUnitThatWentAway) {
  place(10, 3);
  take_stock(1);
  const auto result = report({{order(10), key(10)}});
  ASSERT_EQ(result.findings.size(), 1u);
  EXPECT_EQ(result.findings[0].code, "stock_mismatch");
  EXPECT_THAT(result.findings[0].examples, ElementsAre(product(1).to_string() + ": -1"));
}

TEST_F(Audit, FindsAnAcknowledgedOrderThatIsNotThere) {
  EXPECT_THAT(codes({{order(10), key(10)}}), ElementsAre("order_missing"));
}

TEST_F(Audit, FindsAWrongTotal) {
  add_order(10, 3, 1'501);
  take_stock(3);
  EXPECT_THAT(codes({{order(10), key(10)}}), ElementsAre("order_total_wrong"));
}

TEST_F(Audit, FindsAnOrderThatWasPlacedTwice) {
  place(10, 1);
  place(11, 1);
  run("DELETE FROM idempotency_keys WHERE key = '{}'", key(11).to_string());
  EXPECT_THAT(codes({{order(10), key(10)}}), ElementsAre("order_without_key"));
}

TEST_F(Audit, FindsTwoAnswersToOneKey) {
  place(10, 1);
  place(11, 1);
  EXPECT_THAT(codes({{order(10), key(10)}, {order(11), key(10)}}),
              ElementsAre("key_acknowledged_twice", "order_key_wrong"));
}

TEST_F(Audit, FindsTwoKeysOfOneOrder) {
  place(10, 1);
  place(11, 1);
  run("UPDATE idempotency_keys SET order_id = '{}' WHERE key = '{}'", order(10).to_string(),
      key(11).to_string());
  EXPECT_THAT(codes({{order(10), key(10)}}), ElementsAre("key_shared", "order_without_key"));
}

TEST_F(Audit, FindsAKeyOfNoOrder) {
  place(10, 1);
  run("INSERT INTO idempotency_keys VALUES ('{}', '{}', decode(repeat('00', 32), 'hex'), '{}')",
      user_.to_string(), key(11).to_string(), order(11).to_string());
  EXPECT_THAT(codes({{order(10), key(10)}}), ElementsAre("key_without_order"));
}

TEST_F(Audit, FindsNegativeStockEvenWhereTheDatabaseNoLongerForbidsIt) {
  run("ALTER TABLE product_stocks DROP CONSTRAINT product_stocks_quantity_check,"
      " DROP CONSTRAINT product_stocks_not_oversold");
  place(10, 101);
  EXPECT_THAT(codes({{order(10), key(10)}}), ElementsAre("stock_negative"));
}

TEST_F(Audit, LooksUpMoreOrdersThanOneQueryTakes) {
  run("INSERT INTO orders (id, user_id, total, currency)"
      " SELECT ('00000002-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, '{}', 500, 'EUR'"
      " FROM generate_series(100, 25099) n",
      user_.to_string());
  run("INSERT INTO order_items SELECT id, 1, '{}', 1, 500, 'P' FROM orders WHERE total = 500",
      product(2).to_string());
  run("INSERT INTO idempotency_keys SELECT user_id, '00000003' || substr(id::text, 9),"
      " decode(repeat('00', 32), 'hex'), id FROM orders WHERE total = 500");
  baseline_ = take_baseline(database_.conninfo()).value();
  std::vector<Acknowledged> all;
  for (int i = 100; i < 25'100; ++i) all.push_back({order(i), key(i)});
  all.push_back({order(99), key(99)});
  const auto result = report(all);
  ASSERT_EQ(result.findings.size(), 1u);
  EXPECT_EQ(result.findings[0].code, "order_missing");
  EXPECT_EQ(result.findings[0].count, 1u);
  EXPECT_EQ(result.acknowledged, 25'001u);
}

TEST(AuditWithoutADatabase, SaysThatItCannotBeReached) {
  const auto result = audit("postgresql://x@/x?host=/nonexistent", std::nullopt, {});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace souk::loadtest
