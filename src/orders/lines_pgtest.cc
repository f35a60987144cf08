// No line without its order and its product, whoever writes, in whatever way and at whatever level
// of isolation.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <future>

#include "base/parse.h"
#include "postgres/test_database.h"

namespace souk::orders {
namespace {

using postgres::BlockingConnection;

// One user, two products, and order 1 with a line of the first.
class LinesTest : public testing::TestWithParam<std::string> {
 protected:
  LinesTest() {
    run("INSERT INTO categories (id, name, slug) VALUES (" + id(1) + ", 'All', 'all')");
    for (const int n : {1, 2}) {
      run(
          fmt::format("INSERT INTO products (id, name, category_id, price, currency) "
                      "VALUES ({}, 'P', {}, 1, 'EUR')",
                      id(n), id(1)));
      run("INSERT INTO product_stocks (product_id) VALUES (" + id(n) + ")");
    }
    run("INSERT INTO users (id, email, name, password_hash) VALUES (" + id(1) +
        ", 'ada@souk.example', 'Ada', 'x')");
    run(order(1) + "; " + line(1, 1));
  }

  static std::string id(int n) { return fmt::format("'00000000-0000-0000-0000-{:012}'", n); }
  static std::string order(int n) {
    return fmt::format(
        "INSERT INTO orders (id, user_id, total, currency) VALUES ({}, {}, 1, 'EUR')", id(n),
        id(1));
  }
  static std::string line(int of, int product) {
    return fmt::format("INSERT INTO order_items VALUES ({}, {}, {}, 1, 1, 'P')", id(of), product,
                       id(product));
  }
  static std::string begin(const std::string& level) { return "BEGIN ISOLATION LEVEL " + level; }

  // "" if it was done, else why not.
  static std::string attempt(BlockingConnection& connection, const std::string& sql) {
    const auto done = connection.execute(sql);
    return done ? "" : done.error().detail;
  }
  std::string attempt(const std::string& sql) {
    auto connection = database_.connect();
    return attempt(connection, sql);
  }
  void run(const std::string& sql) { ASSERT_EQ(attempt(sql), ""); }
  std::string value(const std::string& sql) {
    return std::string(database_.connect().run(sql).value().text(0, 0));
  }
  std::string without_order() {
    return value(
        "SELECT count(*) FROM order_items i LEFT JOIN orders o ON o.id = i.order_id "
        "WHERE o.id IS NULL");
  }
  std::string without_product() {
    return value(
        "SELECT count(*) FROM order_items i LEFT JOIN products p ON p.id = i.product_id "
        "WHERE p.id IS NULL");
  }
  static std::string remove_product(int n) { return "DELETE FROM products WHERE id = " + id(n); }
  // As an order does; its row is locked.
  static std::string take_stock(int n) {
    return "UPDATE product_stocks SET quantity = quantity + 1 WHERE product_id = " + id(n);
  }
  std::string lines() { return value("SELECT count(*) FROM order_items"); }

  // Runs `sql` while `first` is open in another transaction, which is committed when `sql` waits
  // for it.
  std::string attempt_during(const std::string& first, const std::string& sql) {
    auto holder = database_.connect();
    EXPECT_EQ(attempt(holder, "BEGIN; " + first), "");
    auto other = std::async(std::launch::async, [&] { return attempt(sql); });
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (value("SELECT count(*) FROM pg_locks WHERE NOT granted") == "0" &&
           std::chrono::steady_clock::now() < give_up) {
    }
    EXPECT_NE(other.wait_for(std::chrono::seconds(0)), std::future_status::ready) << "it waits";
    EXPECT_EQ(attempt(holder, "COMMIT"), "");
    return other.get();
  }

  postgres::TestDatabase database_;
};

constexpr auto kNoOrder = "a line belongs to no order";
constexpr auto kNoProduct = "a line names no product";

TEST_P(LinesTest, ALineNeedsItsOrder) {
  const auto start = begin(GetParam()) + "; ";
  EXPECT_THAT(attempt(start + line(2, 1)), testing::HasSubstr(kNoOrder));
  EXPECT_EQ(attempt(start + line(1, 2) + "; COMMIT"), "") << "of an order that is there";
  EXPECT_EQ(attempt(start + order(2) + "; " + line(2, 1) + "; COMMIT"), "");
  EXPECT_EQ(attempt(start + order(3) + "; SAVEPOINT s; " + line(3, 1) + "; COMMIT"), "");
  EXPECT_EQ(attempt(start + "SAVEPOINT s; " + order(4) + "; RELEASE s; " + line(4, 1) + "; COMMIT"),
            "");
  EXPECT_THAT(attempt(start + order(5) + "; DELETE FROM orders WHERE id = " + id(5) + "; " +
                      line(5, 1) + "; COMMIT"),
              testing::Not(""));
  const auto of_none = fmt::format(", ({}, 1, {}, 1, 1, 'P')", id(9), id(1));
  EXPECT_THAT(attempt(start + line(2, 2) + of_none + "; COMMIT"), testing::HasSubstr(kNoOrder));
  EXPECT_EQ(without_order(), "0");
  EXPECT_EQ(lines(), "5");
}

TEST_P(LinesTest, AnOrderThatIsBeingDeletedGetsNoLine) {
  const auto refused = attempt_during("DELETE FROM orders WHERE id = " + id(1),
                                      begin(GetParam()) + "; " + line(1, 2) + "; COMMIT");
  EXPECT_THAT(refused, GetParam() == "READ COMMITTED" ? testing::HasSubstr(kNoOrder)
                                                      : testing::HasSubstr("could not serialize"));
  EXPECT_EQ(lines(), "0");
}

TEST_P(LinesTest, AnOrderThatGetsALineIsNotDeletedWithoutIt) {
  const auto refused = attempt_during(
      line(1, 2), begin(GetParam()) + "; DELETE FROM orders WHERE id = " + id(1) + "; COMMIT");
  EXPECT_EQ(refused.empty(), GetParam() == "READ COMMITTED") << refused;
  EXPECT_EQ(without_order(), "0");
  EXPECT_EQ(lines(), refused.empty() ? "0" : "2");
}

TEST_P(LinesTest, LinesGoWithTheirOrder) {
  const auto refused =
      attempt(begin(GetParam()) + "; DELETE FROM orders WHERE id = " + id(1) + "; COMMIT");
  EXPECT_EQ(refused.empty(), GetParam() == "READ COMMITTED") << refused;
  EXPECT_EQ(lines(), refused.empty() ? "0" : "1");
}

TEST_P(LinesTest, ALineNeedsItsProduct) {
  const auto start = begin(GetParam()) + "; ";
  EXPECT_THAT(attempt(start + line(1, 3)), testing::HasSubstr(kNoProduct));
  const auto of_none = fmt::format(", ({}, 9, {}, 1, 1, 'P')", id(1), id(9));
  EXPECT_THAT(attempt(start + line(1, 2) + of_none + "; COMMIT"), testing::HasSubstr(kNoProduct));
  EXPECT_EQ(attempt(start + take_stock(2) + "; " + line(1, 2) + "; COMMIT"), "");
  EXPECT_EQ(attempt(start + order(2) + "; SAVEPOINT s; " + take_stock(2) + "; RELEASE s; " +
                    line(2, 2) + "; COMMIT"),
            "");
  EXPECT_THAT(attempt(start + order(3) + "; " + take_stock(4) + "; " + line(3, 4) + "; COMMIT"),
              testing::HasSubstr(kNoProduct))
      << "no such stock";
  EXPECT_EQ(without_product(), "0");
  EXPECT_EQ(lines(), "3");
}

TEST_P(LinesTest, AProductThatIsBeingDeletedGetsNoLine) {
  for (const auto& before : {std::string(), take_stock(2) + "; "}) {
    const auto refused = attempt_during(
        remove_product(2), begin(GetParam()) + "; " + before + line(1, 2) + "; COMMIT");
    EXPECT_THAT(refused, GetParam() == "READ COMMITTED"
                             ? testing::HasSubstr(kNoProduct)
                             : testing::HasSubstr("could not serialize"));
    EXPECT_EQ(lines(), "1");
    run("INSERT INTO products (id, name, category_id, price, currency) VALUES (" + id(2) +
        ", 'P', " + id(1) + ", 1, 'EUR'); INSERT INTO product_stocks (product_id) VALUES (" +
        id(2) + ")");
  }
}

TEST_P(LinesTest, AProductThatGetsALineIsNotDeleted) {
  const auto removal = begin(GetParam()) + "; " + remove_product(2) + "; COMMIT";
  EXPECT_NE(attempt_during(line(1, 2), removal), "") << "a writer that takes no stock";
  run("DELETE FROM order_items WHERE product_id = " + id(2));
  EXPECT_NE(attempt_during(take_stock(2) + "; " + line(1, 2), removal), "");
  EXPECT_EQ(without_product(), "0");
  EXPECT_EQ(lines(), "2");
}

TEST_P(LinesTest, AProductThatWasNeverOrderedCanBeDeleted) {
  const auto refused = attempt(begin(GetParam()) + "; " + remove_product(2) + "; COMMIT");
  EXPECT_EQ(refused.empty(), GetParam() == "READ COMMITTED") << refused;
  EXPECT_NE(attempt(begin(GetParam()) + "; " + remove_product(1) + "; COMMIT"), "") << "ordered";
  EXPECT_EQ(attempt(begin(GetParam()) + "; " + remove_product(7) + "; COMMIT"), "") << "none";
}

INSTANTIATE_TEST_SUITE_P(, LinesTest,
                         testing::Values("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"),
                         [](const auto& info) {
                           auto name = info.param;
                           std::ranges::replace(name, ' ', '_');
                           return name;
                         });

using LinesOfAnyWriterTest = LinesTest;

TEST_F(LinesOfAnyWriterTest, ACopyNeedsTheOrdersAndProductsToo) {
  const auto copy = [](int of, int product = 2) {
    return fmt::format(
        "COPY order_items (order_id, line_no, product_id, quantity, unit_price, product_name) "
        "FROM PROGRAM 'echo 00000000-0000-0000-0000-{:012},2,"
        "00000000-0000-0000-0000-{:012},1,1,P' (FORMAT csv)",
        of, product);
  };
  EXPECT_THAT(attempt(copy(1, 7)), testing::HasSubstr(kNoProduct));
  EXPECT_THAT(attempt(copy(7)), testing::HasSubstr(kNoOrder));
  EXPECT_EQ(attempt(copy(1)), "");
  EXPECT_EQ(lines(), "2");
}

TEST_F(LinesOfAnyWriterTest, KeysStayAsTheyAre) {
  run(order(2));
  for (const auto* sql :
       {"UPDATE order_items SET order_id = '00000000-0000-0000-0000-000000000002'",
        "UPDATE orders SET id = '00000000-0000-0000-0000-000000000009'",
        "UPDATE order_items SET product_id = '00000000-0000-0000-0000-000000000002'",
        "UPDATE products SET id = '00000000-0000-0000-0000-000000000009' WHERE name = 'P'"}) {
    EXPECT_THAT(attempt(sql), testing::HasSubstr("keeps its id")) << sql;
  }
  EXPECT_EQ(attempt("UPDATE order_items SET order_id = order_id, product_id = product_id"), "");
  EXPECT_EQ(attempt("UPDATE orders SET id = id; UPDATE products SET id = id"), "");
}

TEST_F(LinesOfAnyWriterTest, OrdersAreTruncatedWithTheirLinesOnly) {
  EXPECT_THAT(attempt("TRUNCATE orders CASCADE"), testing::HasSubstr("orders have lines"));
  EXPECT_EQ(lines(), "1");
  EXPECT_EQ(attempt("TRUNCATE orders, order_items CASCADE"), "");
}

TEST_F(LinesOfAnyWriterTest, ProductsAreTruncatedWithTheLinesOnly) {
  EXPECT_THAT(attempt("TRUNCATE products CASCADE"), testing::HasSubstr("products were ordered"));
  EXPECT_EQ(lines(), "1");
  EXPECT_EQ(attempt("TRUNCATE products, order_items CASCADE"), "");
}

// A plan that reads all orders is the cheapest for the many lines of a session's first statement.
TEST_F(LinesOfAnyWriterTest, WhateverTheFirstStatementWasLaterOnesReadTheirOwnOrdersOnly) {
  const auto place = [](int from, int to) {
    return fmt::format(
        "WITH placed AS (INSERT INTO orders (id, user_id, total, currency) "
        "SELECT ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid, {0}, 1, 'EUR' "
        "FROM generate_series({1}, {2}) n RETURNING id) "
        "INSERT INTO order_items SELECT id, 1, {0}, 1, 1, 'P' FROM placed",
        id(1), from, to);
  };
  auto connection = database_.connect();
  const auto read = [&] {  // rows of orders, by this session
    const auto rows = connection.run(
        "SELECT idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'orders'");
    return parse_integer(rows.value().text(0, 0)).value();
  };
  ASSERT_EQ(attempt(connection, "BEGIN; " + place(1'001, 1'400)), "");
  const auto before = read();
  ASSERT_EQ(attempt(connection, place(2'001, 2'002)), "");
  EXPECT_EQ(read() - before, 2);
}

}  // namespace
}  // namespace souk::orders
