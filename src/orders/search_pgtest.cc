#include <fmt/format.h>
#include <gmock/gmock.h>

#include "orders/orders.h"
#include "orders/search.h"
#include "orders/store.h"
#include "postgres/test_database.h"

namespace souk::orders {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Order n is of buyer 1 (n odd) or 2, of n hours after midnight.
class OrderSearchTest : public testing::Test {
 protected:
  OrderSearchTest() : pool_(loop_, registry_, config()) {
    loop_.run_until_done(pool_.start());
    sql("INSERT INTO categories (id, name, slug) VALUES (" + text_id(1) + ", 'All', 'all')");
    for (int n = 1; n <= 2; ++n) {
      sql(
          fmt::format("INSERT INTO products (id, name, category_id, price, currency) "
                      "VALUES ({}, 'P', {}, 1, 'EUR')",
                      text_id(10 + n), text_id(1)));
    }
    user(1, "ada.byron@souk.example", "Ada Lovelace");
    user(2, "grace@souk.example", "Grace Hopper-Murray");
  }
  ~OrderSearchTest() override { loop_.run_until_done(pool_.close()); }

  postgres::PoolConfig config() {
    postgres::PoolConfig config;
    config.conninfo = database_.conninfo();
    return config;
  }
  static Uuid id(int n) {
    Uuid value;
    value.bytes[14] = static_cast<std::uint8_t>(n >> 8);
    value.bytes[15] = static_cast<std::uint8_t>(n);
    return value;
  }
  static std::string text_id(int n) { return "'" + id(n).to_string() + "'"; }
  void sql(const std::string& statement) { ASSERT_TRUE(database_.connect().execute(statement)); }
  void user(int n, std::string_view email, std::string_view name) {
    sql(fmt::format(
        "INSERT INTO users (id, email, name, password_hash) VALUES ({}, '{}', '{}', 'x')",
        text_id(n), email, name));
  }
  void order(int n, std::string_view status, int product = 11) {
    sql(fmt::format(
        "INSERT INTO orders (id, user_id, status, total, currency, order_date, cancelled_at) "
        "VALUES ({0}, {1}, '{2}', 1, 'EUR', timestamptz '2026-01-01' + interval '{3} h', "
        "CASE WHEN '{2}' = 'cancelled' THEN now() END); "
        "INSERT INTO order_items VALUES ({0}, 1, {4}, 1, 1, 'P')",
        text_id(1000 + n), text_id(n % 2 == 1 ? 1 : 2), status, n, text_id(product)));
  }
  Result<FoundPage> search(const OrderFilter& filter, std::size_t limit = 10,
                           std::optional<OrderCursor> after = {}) {
    runtime::Context context;
    return loop_.run_until_done(orders_.search(context, filter, limit, after));
  }
  static std::vector<int> numbers(const FoundPage& page) {
    std::vector<int> all;
    for (const auto& order : page.items) {
      all.push_back(order.id.value.bytes[14] * 256 + order.id.value.bytes[15] - 1000);
    }
    return all;
  }
  std::vector<int> found(const OrderFilter& filter) { return numbers(search(filter).value()); }

  postgres::TestDatabase database_;
  telemetry::Registry registry_;
  runtime::Loop loop_;
  postgres::Pool pool_;
  Orders orders_{pool_};
};

TEST_F(OrderSearchTest, FindsByEachFilterAndByAllOfThem) {
  order(1, "pending");
  order(2, "paid", 12);
  order(3, "cancelled", 12);
  order(4, "delivered");
  order(5, "paid");
  EXPECT_THAT(found({}), ElementsAre(5, 4, 3, 2, 1));
  EXPECT_THAT(found({.status = Status::kPaid}), ElementsAre(5, 2));
  EXPECT_THAT(found({.status = Status::kPending}), ElementsAre(1));
  EXPECT_THAT(found({.status = Status::kDelivered}), ElementsAre(4));
  EXPECT_THAT(found({.status = Status::kShipped}), IsEmpty());
  EXPECT_THAT(found({.buyer = UserId{id(2)}}), ElementsAre(4, 2));
  EXPECT_THAT(found({.email = "grace@souk.example"}), ElementsAre(4, 2));
  EXPECT_THAT(found({.email = "nobody@souk.example"}), IsEmpty());
  EXPECT_THAT(found({.product = ProductId{id(12)}}), ElementsAre(3, 2));
  const Timestamp day = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);
  const OrderFilter span{.from = day + std::chrono::hours(2), .to = day + std::chrono::hours(4)};
  EXPECT_THAT(found(span), ElementsAre(3, 2));
  EXPECT_THAT(found({.status = Status::kPaid,
                     .from = span.from,
                     .to = span.to,
                     .buyer = UserId{id(2)},
                     .product = ProductId{id(12)},
                     .text = "grace"}),
              ElementsAre(2));
  EXPECT_THAT(found({.buyer = UserId{id(1)}, .text = "grace"}), IsEmpty());
  const auto page = search({.status = Status::kPending}).value();
  EXPECT_EQ(page.items.at(0).buyer_name, "Ada Lovelace");
  EXPECT_EQ(page.items.at(0).items.size(), 1u);
}

TEST_F(OrderSearchTest, FindsABuyerByTheBeginningOfAnyWord) {
  order(1, "paid");
  order(2, "paid");
  for (const auto* text : {"love", "LOVELACE ad", "byron", "ada.byron@souk.example", "ada@"}) {
    EXPECT_THAT(found({.text = text}), ElementsAre(1)) << text;
  }
  EXPECT_THAT(found({.text = "murray"}), ElementsAre(2));
  EXPECT_THAT(found({.text = "souk"}), ElementsAre(2, 1));
  EXPECT_THAT(found({.text = "lace"}), IsEmpty());
  EXPECT_EQ(search({.text = "*'&!"}).error().code, ErrorCode::kValidationFailed);
  EXPECT_EQ(search({.text = std::string(101, 'a')}).error().code, ErrorCode::kValidationFailed);
}

TEST_F(OrderSearchTest, ATextThatMeansTooManyBuyersIsRefused) {
  order(1, "paid");
  sql("INSERT INTO users (id, email, name, password_hash) SELECT gen_random_uuid(), "
      "'n' || n || '@souk.example', 'Namesake', 'x' FROM generate_series(1, 100) n");
  EXPECT_THAT(found({.text = "namesake"}), IsEmpty());
  EXPECT_EQ(search({.text = "souk"}).error().fields.at(0).pointer, "text");
}

TEST_F(OrderSearchTest, PagesHoldEachOrderOnce) {
  for (int n = 1; n <= 25; ++n) order(n, n % 3 == 0 ? "paid" : "delivered");
  for (const auto& filter : {OrderFilter{}, OrderFilter{.status = Status::kPaid},
                             OrderFilter{.buyer = UserId{id(1)}}, OrderFilter{.text = "souk"}}) {
    std::vector<int> paged;
    std::optional<OrderCursor> after;
    do {
      const auto page = search(filter, 4, after).value();
      EXPECT_LE(page.items.size(), 4u);
      for (const auto n : numbers(page)) paged.push_back(n);
      after = page.next;
    } while (after);
    EXPECT_EQ(paged, numbers(search(filter, 100).value()));
    EXPECT_FALSE(paged.empty());
  }
}

// A page of few matches among many orders ends before its limit, and the next goes on from there.
TEST_F(OrderSearchTest, ExaminesABoundedNumberOfOrdersForAPage) {
  order(1, "paid", 12);
  sql("INSERT INTO orders (id, user_id, status, total, currency, order_date) SELECT "
      "gen_random_uuid(), " +
      text_id(1) +
      ", 'delivered', 1, 'EUR', "
      "timestamptz '2026-02-01' + n * interval '1 s' FROM generate_series(1, 6000) n; "
      "INSERT INTO order_items SELECT id, 1, " +
      text_id(11) +
      ", 1, 1, 'P' FROM orders "
      "WHERE order_date >= '2026-02-01'");
  const OrderFilter rare{.product = ProductId{id(12)}};
  const auto first = search(rare).value();
  EXPECT_THAT(first.items, IsEmpty());
  ASSERT_TRUE(first.next);
  const auto second = search(rare, 10, first.next).value();
  EXPECT_THAT(numbers(second), ElementsAre(1));
  EXPECT_FALSE(second.next);
  EXPECT_THAT(found({.buyer = UserId{id(1)}, .product = ProductId{id(12)}}), ElementsAre(1));
}

TEST_F(OrderSearchTest, FindsByNumber) {
  order(1, "paid");
  runtime::Context context;
  const auto secret = loop_.run_until_done(store::number_secret(pool_, context));
  const auto number = OrderNumbers(secret).number(77);
  sql("UPDATE orders SET serial = 77, number = '" + number + "'");
  EXPECT_THAT(found({.number = number}), ElementsAre(1));
  EXPECT_THAT(found({.buyer = UserId{id(1)}, .number = number}), ElementsAre(1));
  EXPECT_THAT(found({.buyer = UserId{id(2)}, .number = number}), IsEmpty());
  EXPECT_THAT(found({.status = Status::kShipped, .number = number}), IsEmpty());
  EXPECT_THAT(found({.number = OrderNumbers(secret).number(78)}), IsEmpty());
  EXPECT_THAT(found({.number = "nonsense"}), IsEmpty());
}

}  // namespace
}  // namespace souk::orders
