#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "loadtest/audit.h"
#include "postgres/migrator.h"
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
    place(1, 2);
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
  void reserve(int units) {
    run("UPDATE product_stocks SET reserved = reserved + {} WHERE product_id = '{}'", units,
        product(1).to_string());
  }
  void place(int number, int units) {
    add_order(number, units, units * 500);
    reserve(units);
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

TEST_F(Audit, ACancelledOrdersUnitsAreNotReserved) {
  place(10, 3);
  run("UPDATE orders SET status = 'cancelled', cancelled_at = now() WHERE id IN ('{}', '{}')",
      order(10).to_string(), order(1).to_string());
  EXPECT_THAT(codes({{order(10), key(10)}}), ElementsAre("reserved_unexplained"));
  reserve(-5);
  EXPECT_THAT(codes({{order(10), key(10)}}), IsEmpty());
}

TEST_F(Audit, FindsAUnitThatWentAway) {
  place(10, 3);
  run("UPDATE product_stocks SET quantity = quantity - 1 WHERE product_id = '{}'",
      product(1).to_string());
  const auto result = report({{order(10), key(10)}});
  ASSERT_EQ(result.findings.size(), 1u);
  EXPECT_EQ(result.findings[0].code, "stock_mismatch");
  EXPECT_THAT(result.findings[0].examples, ElementsAre(product(1).to_string() + ": -1"));
}

TEST_F(Audit, AShippedOrdersUnitsAreNeitherOnHandNorReserved) {
  place(10, 3);
  run("INSERT INTO payments (id, order_id, provider, amount, currency, status, actor_kind) VALUES "
      "('{0}', '{0}', 'test', 1500, 'EUR', 'captured', 'system')",
      order(10).to_string());
  for (const std::string status : {"confirmed", "paid", "shipped"}) {
    run("UPDATE orders SET status = '{}' WHERE id = '{}'", status, order(10).to_string());
  }
  EXPECT_THAT(codes({{order(10), key(10)}}), ElementsAre("reserved_unexplained", "stock_mismatch"));
  reserve(-3);
  EXPECT_THAT(codes({{order(10), key(10)}}), ElementsAre("stock_mismatch"));
  run("UPDATE product_stocks SET quantity = quantity - 3 WHERE product_id = '{}'",
      product(1).to_string());
  EXPECT_THAT(codes({{order(10), key(10)}}), IsEmpty());
}

TEST_F(Audit, APartiallyShippedOrdersUnitsAreReservedUntilTheyAreShipped) {
  place(10, 3);
  run("INSERT INTO payments (id, order_id, provider, amount, currency, status, actor_kind) VALUES "
      "('{0}', '{0}', 'test', 1500, 'EUR', 'captured', 'system')",
      order(10).to_string());
  for (const std::string status : {"confirmed", "paid", "partially_shipped"}) {
    run("UPDATE orders SET status = '{}' WHERE id = '{}'", status, order(10).to_string());
  }
  EXPECT_THAT(codes({{order(10), key(10)}}), IsEmpty());
  run("UPDATE order_items SET shipped = 2 WHERE order_id = '{}'", order(10).to_string());
  EXPECT_THAT(codes({{order(10), key(10)}}),
              ElementsAre("shipped_unexplained", "reserved_unexplained", "stock_mismatch"));
  run("INSERT INTO shipments (id, order_id, shipped_at, actor_kind) VALUES "
      "('{0}', '{0}', now(), 'system'); INSERT INTO shipment_items VALUES ('{0}', '{1}', 2)",
      order(10).to_string(), product(1).to_string());
  reserve(-2);
  EXPECT_THAT(codes({{order(10), key(10)}}), ElementsAre("stock_mismatch"));
  run("UPDATE product_stocks SET quantity = quantity - 2, noted = noted + 1 "
      "WHERE product_id = '{}'",
      product(1).to_string());
  run("INSERT INTO stock_movements (product_id, on_hand, reserved, reason, cause_id) "
      "VALUES ('{}', -2, 0, 'shipped', '{}')",
      product(1).to_string(), order(10).to_string());
  EXPECT_THAT(codes({{order(10), key(10)}}), IsEmpty());
  run("UPDATE shipment_items SET quantity = 1");
  EXPECT_THAT(codes({{order(10), key(10)}}), ElementsAre("shipped_unexplained"));
}

TEST_F(Audit, FindsAnAcknowledgedOrderThatIsNotThere) {
  EXPECT_THAT(codes({{order(10), key(10)}}), ElementsAre("order_missing"));
}

TEST_F(Audit, FindsAWrongTotal) {
  add_order(10, 3, 1'501);
  reserve(3);
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

TEST_F(Audit, FindsLinesOfNoOrder) {
  place(10, 1);
  place(11, 1);
  run("ALTER TABLE orders DISABLE TRIGGER USER");
  run("DELETE FROM orders WHERE id = '{}'", order(11).to_string());
  EXPECT_THAT(codes({{order(10), key(10)}}), testing::Contains("line_without_order"));
}

TEST_F(Audit, FindsLinesOfNoProduct) {
  place(10, 1);
  run("ALTER TABLE order_items DISABLE TRIGGER USER");
  run("UPDATE order_items SET product_id = '{}'", product(99).to_string());
  EXPECT_THAT(codes({{order(10), key(10)}}), testing::Contains("line_without_product"));
}

TEST_F(Audit, FindsNegativeStockEvenWhereTheDatabaseNoLongerForbidsIt) {
  run("ALTER TABLE product_stocks DROP CONSTRAINT product_stocks_not_oversold");
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
  run("UPDATE product_stocks SET quantity = 25000, reserved = 25000 WHERE product_id = '{}'",
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

// Orders took their units from on hand when they were placed, and a hold's from reserved, too.
class StockOfEarlierVersions : public testing::Test {
 protected:
  StockOfEarlierVersions() {
    EXPECT_TRUE(postgres::migrate(database_.conninfo(), {files_.begin(), later_}));
    run("INSERT INTO categories (id, name, slug) VALUES ('{0}', 'All', 'all'); "
        "INSERT INTO users (id, email, name, password_hash) VALUES ('{1}', 'a@b.c', 'A', '-')",
        id(4, 1).to_string(), id(5, 1).to_string());
    for (int i = 1; i <= 2; ++i) {
      run("INSERT INTO products (id, name, category_id, price, currency)"
          " VALUES ('{}', 'P', '{}', 500, 'EUR')",
          product(i).to_string(), id(4, 1).to_string());
    }
    run("INSERT INTO product_stocks (product_id, quantity) VALUES ('{}', 100)",
        product(1).to_string());
  }

  template <class... T>
  void run(fmt::format_string<T...> sql, T&&... arguments) {
    const auto done = connection_.execute(fmt::format(sql, std::forward<T>(arguments)...));
    ASSERT_TRUE(done.has_value()) << done.error().detail;
  }
  std::string value(const std::string& sql) {
    return std::string(connection_.run(sql).value().text(0, 0));
  }
  // Units of a product, `held` of which its buyer had held.
  void sell(int number, int of, const std::string& status, int units, int held = 0) {
    run("INSERT INTO orders (id, user_id, status, total, currency, cancelled_at) VALUES "
        "('{}', '{}', '{}', {}, 'EUR', {})",
        order(number).to_string(), id(5, 1).to_string(), status, 500 * units,
        status == "cancelled" ? "now()" : "NULL");
    run("INSERT INTO order_items VALUES ('{}', 1, '{}', {}, 500, 'P')", order(number).to_string(),
        product(of).to_string(), units);
    move(of, -units, -held, "sold", order(number));
    if (status == "cancelled") move(of, units, 0, "returned", order(number));
  }
  void move(int of, int on_hand, int reserved, const std::string& reason, const Uuid& cause) {
    run("UPDATE product_stocks SET quantity = quantity + {}, reserved = reserved + {}, "
        "noted = noted + 1 WHERE product_id = '{}'",
        on_hand, reserved, product(of).to_string());
    run("INSERT INTO stock_movements (product_id, on_hand, reserved, reason, cause_id) "
        "SELECT product_id, {}, {}, '{}', '{}' FROM product_stocks WHERE product_id = '{}'",
        on_hand, reserved, reason, cause.to_string(), product(of).to_string());
  }
  void migrate() {
    EXPECT_TRUE(postgres::migrate(database_.conninfo(), postgres::embedded_migrations()));
  }

  std::span<const postgres::MigrationFile> files_ = postgres::embedded_migrations();
  decltype(files_)::iterator later_ = std::ranges::find_if(
      files_, [](const auto& file) { return file.name.contains("orders_reserve"); });
  postgres::TestDatabase database_ = postgres::TestDatabase::bare();
  postgres::BlockingConnection connection_ = database_.connect();
};

TEST_F(StockOfEarlierVersions, UnitsOfOrdersThatAreNotShippedGoBackOnHandAndAreReserved) {
  const auto hold = id(6, 1);
  run("INSERT INTO reservations (id, user_id, expires_at, left_units) VALUES "
      "('{}', '{}', now() + interval '1 hour', '{{3}}')",
      hold.to_string(), id(5, 1).to_string());
  run("INSERT INTO reservation_items VALUES ('{}', 1, '{}', 5)", hold.to_string(),
      product(1).to_string());
  move(1, 0, 5, "held", hold);
  sell(1, 1, "pending", 4, 2);
  sell(2, 1, "confirmed", 5);
  sell(3, 1, "paid", 6);
  sell(4, 1, "shipped", 7);
  sell(5, 1, "delivered", 8);
  sell(6, 1, "cancelled", 9);
  sell(7, 2, "paid", 1);  // of a product without stock
  migrate();
  EXPECT_EQ(value("SELECT string_agg(quantity || '/' || reserved, ' ' ORDER BY product_id) "
                  "FROM product_stocks"),
            "85/18 1/1")
      << "all but 15 shipped ones; 15 ordered and 3 held";
  std::vector<std::string> codes;
  for (const auto& finding : audit(database_.conninfo(), std::nullopt, {}).value().findings) {
    codes.push_back(finding.code);
  }
  EXPECT_THAT(codes, IsEmpty());
  EXPECT_EQ(value("SELECT count(*) FROM pg_class WHERE relname = 'orders_to_convert'"), "0");
}

TEST_F(StockOfEarlierVersions, ANodeOfThemSellsNothingAfterTheMigration) {
  migrate();
  const auto sold = connection_.execute(
      "INSERT INTO stock_movements (product_id, on_hand, reserved, reason, cause_id) "
      "SELECT product_id, -1, 0, 'sold', product_id FROM product_stocks");
  EXPECT_FALSE(sold.has_value());
}

// A file without a transaction is run again from its beginning when a run was broken off.
TEST_F(StockOfEarlierVersions, AMigrationThatWasBrokenOffReservesNoUnitTwice) {
  sell(1, 1, "paid", 6);
  const std::span<const postgres::MigrationFile> until(files_.begin(), later_ + 1);
  EXPECT_TRUE(postgres::migrate(database_.conninfo(), until));
  run("DELETE FROM schema_migrations WHERE name = '{}'", later_->name);
  EXPECT_TRUE(postgres::migrate(database_.conninfo(), until));
  EXPECT_EQ(value("SELECT quantity || '/' || reserved FROM product_stocks"), "100/6");
}

TEST(AuditWithoutADatabase, SaysThatItCannotBeReached) {
  const auto result = audit("postgresql://x@/x?host=/nonexistent", std::nullopt, {});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace souk::loadtest
