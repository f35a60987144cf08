#include <fmt/format.h>
#include <gtest/gtest.h>

#include "jobs/event.h"
#include "jobs/fan_out.h"
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

  // As the job that names them does.
  Task<void> tell(postgres::Pool& pool, std::vector<jobs::FirstEvent> events) {
    jobs::EachEvent consumer("told", {"order.placed"});
    PlacedEvents reader(pool);
    jobs::Notifier notifier;
    jobs::FanOut fan_out(loop, pool, ids_, notifier, registry, {&consumer}, reader);
    const auto named = jobs::name_events(reader.kind(), events, ids_).at(0);
    runtime::Context own;
    co_await fan_out.run(own, {.id = ids_.next(),
                               .kind = named.kind,
                               .aggregate = named.aggregate,
                               .payload = named.payload,
                               .created_at = clock_.now()});
    co_await fan_out.close();
  }

  SystemClock clock_;
  SystemRandom random_;
  UuidGenerator ids_{clock_, random_};
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

// As after a change by hand.
TEST_F(PlacedEventsTest, OneWhoseRowCannotBeReadIsBuriedAlone) {
  for (const int n : {11, 12, 13}) place(n);
  execute("ALTER TABLE orders DROP CONSTRAINT orders_address_is_whole");
  execute("UPDATE orders SET city = NULL WHERE id = " + id(12));
  loop.run_until_done(postgres::run_with_pool(
      *this, [](PlacedEventsTest& test, postgres::Pool& pool) -> Task<void> {
        co_await test.tell(pool, {{uuid(11), ""}, {uuid(12), ""}, {uuid(13), ""}});
      }));
  EXPECT_EQ(value("SELECT string_agg(payload #>> '{data,number}', ' ' ORDER BY position) "
                  "FROM outbox"),
            "N11 N13");
  EXPECT_EQ(value("SELECT string_agg(concat_ws(' ', id, aggregate_id, last_error), ',') "
                  "FROM dead_letters"),
            fmt::format("{0} {0} statement orders.find_all: column 13 (city) is NULL",
                        uuid(12).to_string()));
}

}  // namespace
}  // namespace souk::orders
