#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <iterator>

#include "base/rfc3339.h"
#include "confirmation/confirmation.h"
#include "jobs/event.h"
#include "orders/events.h"
#include "postgres/test_database.h"

namespace souk::confirmation {
namespace {

class ConfirmationsTest : public testing::Test {
 protected:
  ConfirmationsTest() : pool_(loop_, registry_, config()) {
    std::string pattern = (std::filesystem::temp_directory_path() / "souk-mail-XXXXXX").string();
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    box_ = pattern;
    loop_.run_until_done(pool_.start());
    for (int buyer = 1; buyer <= 2; ++buyer) {
      sql(
          fmt::format("INSERT INTO users (id, email, name, password_hash) "
                      "VALUES ('{}', 'u{}@souk.example', 'U', 'x')",
                      id(buyer).to_string(), buyer));
    }
  }
  ~ConfirmationsTest() override {
    loop_.run_until_done(pool_.close());
    std::filesystem::remove_all(box_);
  }

  postgres::PoolConfig config() {
    postgres::PoolConfig config;
    config.conninfo = database_.conninfo();
    return config;
  }
  static Uuid id(int n) {
    Uuid value;
    value.bytes[15] = static_cast<std::uint8_t>(n);
    return value;
  }
  void sql(const std::string& statement) { ASSERT_TRUE(database_.connect().execute(statement)); }
  void order(int n, int buyer, std::string_view date) {
    sql(
        fmt::format("INSERT INTO orders (id, user_id, total, currency, order_date) "
                    "VALUES ('{}', '{}', 1, 'EUR', '{}')",
                    id(n).to_string(), id(buyer).to_string(), date));
  }
  static jobs::Job job(int n, int buyer) {
    const orders::Order order{.id = OrderId{id(n)},
                              .user_id = UserId{id(buyer)},
                              .status = orders::Status::kPending,
                              .order_date = {},
                              .total = {1, Currency::parse("EUR").value()},
                              .items = {}};
    const jobs::Job placed{.id = id(n),
                           .kind = "order.placed",
                           .aggregate = id(n),
                           .payload = orders::event_payload(order),
                           .created_at = parse_rfc3339("2026-03-01T12:00:00Z").value()};
    return {.id = id(100 + n),
            .kind = std::string(kJobKind),
            .aggregate = id(n),
            .payload = jobs::event_json(placed)};
  }
  std::size_t messages() const {
    if (!std::filesystem::exists(box_ / "new")) return 0;
    const std::filesystem::directory_iterator entries(box_ / "new");
    return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
  }

  postgres::TestDatabase database_;
  telemetry::Registry registry_;
  runtime::Loop loop_;
  postgres::Pool pool_;
  runtime::Offload offload_{1, 10};
  SystemClock clock_;
  telemetry::Log log_{telemetry::LogLevel::kInfo, STDERR_FILENO, clock_, registry_};
  std::filesystem::path box_;
};

TEST_F(ConfirmationsTest, AnAddressGetsABoundedNumberOfMessagesADay) {
  for (int n = 1; n <= 5; ++n) order(n, 1, fmt::format("2026-03-01 12:0{}Z", n));
  order(6, 1, "2026-03-02 00:00Z");
  order(7, 2, "2026-03-01 12:07Z");
  mail::Mailer mailer(loop_, offload_, registry_, log_, {.maildir = box_});
  Confirmations confirmations(mailer, pool_, registry_, log_, {.max_per_day = 2});
  const auto confirm = [&](int n, int buyer) {
    runtime::Context context;
    context.deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    loop_.run_until_done(confirmations.run(context, job(n, buyer)));
    return messages();
  };
  EXPECT_EQ(confirm(4, 1), 0u) << "whatever comes first";
  EXPECT_EQ(confirm(1, 1), 1u);
  EXPECT_EQ(confirm(2, 1), 2u);
  EXPECT_EQ(confirm(3, 1), 2u);
  EXPECT_EQ(confirm(2, 1), 2u) << "again";
  EXPECT_EQ(confirm(6, 1), 3u) << "the next day";
  EXPECT_EQ(confirm(7, 2), 4u) << "another address";
  Buffer page;
  registry_.render(page);
  EXPECT_THAT(page.view(), testing::HasSubstr("{outcome=\"over_limit\"} 2\n"));
}

}  // namespace
}  // namespace souk::confirmation
