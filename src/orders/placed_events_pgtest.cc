#include <fmt/format.h>
#include <gtest/gtest.h>

#include "orders/events.h"
#include "orders/placed_events.h"
#include "postgres/test_pool.h"

namespace souk::orders {
namespace {

using runtime::Task;

Uuid uuid(int n) { return *Uuid::parse(fmt::format("00000000-0000-0000-0000-{:012}", n)); }
std::string id(int n) { return '\'' + uuid(n).to_string() + '\''; }

// A user, a category and two products; orders by place().
class PlacedEventsTest : public postgres::PoolTest {
 public:
  PlacedEventsTest() {
    execute("INSERT INTO users (id, email, name, password_hash) VALUES (" + id(1) +
            ", 'ada@souk.example', 'Ada', 'x')");
    execute("INSERT INTO categories (id, name, slug) VALUES (" + id(1) + ", 'All', 'all')");
    for (const int n : {1, 2}) {
      execute(
          fmt::format("INSERT INTO products (id, name, category_id, price, currency) "
                      "VALUES ({}, 'P', {}, 1, 'EUR')",
                      id(n), id(1)));
    }
  }

  // 3 of the first product and 1 of the second, in the order of their lines.
  void place(int n) {
    execute(fmt::format(
        "INSERT INTO orders (id, user_id, total, currency, number, email, recipient, "
        "line1, line2, city, postal_code, country) VALUES ({0}, {1}, 31, 'EUR', 'N{2}', "
        "'ada@souk.example', 'Ada', 'L', '', 'C', '1', 'DE'); "
        "INSERT INTO order_items (order_id, line_no, product_id, product_name, quantity, "
        "unit_price) VALUES ({0}, 2, {4}, 'Q', 1, 1), ({0}, 1, {3}, 'P', 3, 10)",
        id(n), id(1), n, id(1), id(2)));
  }
  std::unordered_map<Uuid, std::string> read(std::vector<Uuid> orders) {
    orders_ = std::move(orders);
    loop.run_until_done(postgres::run_with_pool(
        *this, [](PlacedEventsTest& test, postgres::Pool& pool) -> Task<void> {
          runtime::Context context;
          test.payloads_ = co_await PlacedEvents(pool).read(context, test.orders_);
          test.statements_ = context.statements;
        }));
    return payloads_;
  }

  std::vector<Uuid> orders_;
  std::unordered_map<Uuid, std::string> payloads_;
  std::uint32_t statements_ = 0;
};

TEST_F(PlacedEventsTest, TellOfEachOrderThatThereIs) {
  place(11);
  place(12);
  const auto payloads = read({uuid(12), uuid(10), uuid(11), uuid(12)});
  ASSERT_EQ(payloads.size(), 2u);
  EXPECT_EQ(
      payloads.at(uuid(12)),
      fmt::format(
          R"({{"orderId":"{}","userId":"{}","number":"N12","email":"ada@souk.example",)"
          R"("total":{{"amount":31,"currency":"EUR"}},"status":"pending","deliveryAddress":)"
          R"({{"recipient":"Ada","line1":"L","line2":"","city":"C","postalCode":"1",)"
          R"("country":"DE"}},"items":[{{"productId":"{}","productName":"P","quantity":3,)"
          R"("unitPrice":{{"amount":10,"currency":"EUR"}},"shipped":0}},{{"productId":"{}",)"
          R"("productName":"Q","quantity":1,"unitPrice":{{"amount":1,"currency":"EUR"}},)"
          R"("shipped":0}}],"refunded":{{"amount":0,"currency":"EUR"}}}})",
          uuid(12).to_string(), uuid(1).to_string(), uuid(1).to_string(), uuid(2).to_string()));
  EXPECT_EQ(read_event_payload(payloads.at(uuid(11)))->id, OrderId{uuid(11)});
  EXPECT_EQ(statements_, 1u);
}

TEST_F(PlacedEventsTest, TellOfAnOrderAsItWasWhateverHasBecomeOfIt) {
  place(11);
  const auto before = read({uuid(11)});
  execute("UPDATE order_items SET shipped = 1, refunded = 1");
  execute("UPDATE orders SET refunded = 1");
  EXPECT_EQ(read({uuid(11)}), before);
  execute("UPDATE orders SET status = 'cancelled', cancelled_at = now()");
  EXPECT_EQ(read({uuid(11)}), before);
}

TEST_F(PlacedEventsTest, TellNothingThatWasErasedSince) {
  place(11);
  execute(
      "UPDATE orders SET email = NULL, recipient = NULL, line1 = NULL, line2 = NULL, city = NULL, "
      "postal_code = NULL, country = NULL");
  const auto order = read_event_payload(read({uuid(11)}).at(uuid(11)));
  ASSERT_TRUE(order);
  EXPECT_FALSE(order->email);
  EXPECT_FALSE(order->delivery_address);
  EXPECT_EQ(order->items.size(), 2u);
}

}  // namespace
}  // namespace souk::orders
