#include <gmock/gmock.h>

#include "base/first_id.h"
#include "postgres/test_pool.h"
#include "reports/reports.h"

namespace souk::reports {
namespace {

using postgres::Pool;
using postgres::PoolTest;
using runtime::Task;
using testing::ElementsAre;

constexpr auto kBackends =
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'souk' AND datname = "
    "current_database() AND backend_xmin IS NOT NULL";

class ReportsTest : public PoolTest {
 protected:
  ReportsTest() {
    execute(
        "INSERT INTO categories (id, name, slug) VALUES ('00000000-0000-0000-0000-000000000001',"
        " 'All', 'all');"
        "INSERT INTO users (id, email, name, password_hash) VALUES "
        "('00000000-0000-0000-0000-000000000002', 'u@souk.example', 'U', 'x');"
        "INSERT INTO products (id, name, category_id, price, currency) SELECT"
        " ('00000000-0000-0000-0001-' || lpad(n::text, 12, '0'))::uuid, 'P' || n,"
        " '00000000-0000-0000-0000-000000000001', n, 'EUR' FROM generate_series(1, 5) n");
  }

 public:
  // Adds orders `first` to `last`, a minute apart and in pairs of equal time, each with a line of
  // products 1 and 2, written last line first.
  void add_orders(int first, int last) {
    execute(fmt::format(
        "INSERT INTO orders (id, user_id, status, order_date, total, currency) SELECT"
        " ('00000000-0000-0000-0002-' || lpad(n::text, 12, '0'))::uuid,"
        " '00000000-0000-0000-0000-000000000002', 'paid',"
        " '2025-01-01T00:00:00Z'::timestamptz + n / 2 * interval '1 minute', 3 * n, 'EUR'"
        " FROM generate_series({}, {}) n;"
        "INSERT INTO order_items (order_id, line_no, product_id, product_name, quantity, "
        "unit_price)"
        " SELECT o.id, l, ('00000000-0000-0000-0001-' || lpad(l::text, 12, '0'))::uuid, 'P' || l, "
        "l, 7"
        " FROM orders o, generate_series(2, 1, -1) l"
        " WHERE NOT EXISTS (SELECT FROM order_items i WHERE i.order_id = o.id)",
        first, last));
  }

  ExportSlots slots{2};
  ReportsConfig settings;
};

int number_of(const ExportedOrder& order) {
  return std::stoi(order.id.value.to_string().substr(24));
}

Task<std::vector<int>> walk(OrderExport& all) {
  std::vector<int> numbers;
  do {
    while (const auto* const order = all.next()) numbers.push_back(number_of(*order));
  } while (co_await all.fetch());
  co_return numbers;
}

std::vector<int> range(int first, int last) {
  std::vector<int> numbers;
  for (int n = first; n <= last; ++n) numbers.push_back(n);
  return numbers;
}

Timestamp at_minute(int minute) {
  return std::chrono::sys_days(std::chrono::year(2025) / 1 / 1) + std::chrono::minutes(minute);
}

TEST_F(ReportsTest, AnExportMeetsEveryOrderOnceInOrderOverManyPieces) {
  add_orders(1, 3'001);
  with_pool([](PoolTest& base, Pool& pool) -> Task<void> {
    auto& test = dynamic_cast<ReportsTest&>(base);
    Reports reports(pool, test.slots, test.registry, test.settings);
    auto all = co_await reports.export_orders(test.context, {});
    EXPECT_EQ(co_await walk(*all), range(1, 3'001));
    EXPECT_EQ(test.context.statements, 2u + 4 + 1) << "the cursor, four pieces, and no more";
  });
}

// A row of a table whose ids are of the time of their rows.
std::string id_at(Timestamp time) { return first_id(time).to_string(); }

TEST_F(ReportsTest, ConversionCountsWhatHappenedOnEachDayOfATimeZone) {
  add_orders(1, 3);  // from midnight UTC on, which is 1 o'clock in Berlin
  execute(
      "INSERT INTO orders (id, user_id, order_date, total, currency) SELECT "
      "gen_random_uuid(), user_id, order_date, 1, currency FROM orders WHERE total = 9;"
      "UPDATE orders SET status = 'refunded' WHERE total = 6;"
      "INSERT INTO users (id, email, name, password_hash, role) VALUES "
      "('00000000-0000-0000-0000-000000000003', 'a@souk.example', 'A', 'x', 'admin')");
  const auto sign_in = [&](Timestamp at, int user, std::string_view action = "signIn") {
    execute(
        fmt::format("INSERT INTO audit_log (id, at, user_id, action, subject, network) SELECT "
                    "'{}', to_timestamp({}), '00000000-0000-0000-0000-{:012}', '{}', '', ''",
                    id_at(at + std::chrono::milliseconds(user)),
                    std::chrono::duration<double>(at.time_since_epoch()).count(), user, action));
  };
  const auto hold = [&](Timestamp at) {
    execute(fmt::format(
        "INSERT INTO reservations (id, user_id, expires_at, created_at) SELECT '{}', "
        "'00000000-0000-0000-0000-000000000002', t + interval '1 hour', t FROM to_timestamp({}) t",
        id_at(at), std::chrono::duration<double>(at.time_since_epoch()).count()));
  };
  sign_in(at_minute(-61), 2);  // 23:59 of the day before
  sign_in(at_minute(-60), 2);
  sign_in(at_minute(10), 2);
  sign_in(at_minute(20), 9);  // whose account is gone
  sign_in(at_minute(30), 3);  // an administrator
  sign_in(at_minute(40), 2, "signInFailed");
  hold(at_minute(-60));
  hold(at_minute(23 * 60));  // midnight: of the next day
  with_pool([](PoolTest& base, Pool& pool) -> Task<void> {
    auto& test = dynamic_cast<ReportsTest&>(base);
    Reports reports(pool, test.slots, test.registry, test.settings);
    const auto day = [](int of_january, auto... counts) {
      return ConversionReport::Day{std::chrono::sys_days(std::chrono::year(2025) / 1 / 1) +
                                       std::chrono::days(of_january - 1),
                                   counts...};
    };
    const auto berlin = co_await reports.conversion(
        test.context, {.span = {at_minute(-1'000), at_minute(2'000)}, .timezone = "Europe/Berlin"});
    EXPECT_THAT(berlin->days, ElementsAre(day(0, 1, 1), day(1, 3, 2, 1, 4, 3), day(2, 0, 0, 1)));
    EXPECT_EQ(test.context.statements, 1u + 3);
    const auto part = co_await reports.conversion(
        test.context, {.span = {at_minute(10), at_minute(20)}, .timezone = std::string(kUtc)});
    EXPECT_THAT(part->days, ElementsAre(day(1, 1, 1)));
    const auto nowhere = co_await reports.conversion(
        test.context, {.span = {at_minute(10), at_minute(20)}, .timezone = "Atlantis"});
    EXPECT_EQ(nowhere.error().code, ErrorCode::kInvalidRequest);
  });
}

// Two rows each: an order spans two pieces when the previous piece has an odd row.
TEST_F(ReportsTest, AnOrderThatLiesAcrossTwoPiecesIsExportedWhole) {
  constexpr int kOrders = store::kRowsPerPiece / 2;
  for (const int extra : {0, 1}) {
    add_orders(1, kOrders + extra);
    execute(
        "DELETE FROM order_items WHERE line_no = 1 AND order_id IN "
        "(SELECT id FROM orders ORDER BY id LIMIT " +
        std::to_string(extra) + ")");
    with_pool([](PoolTest& base, Pool& pool) -> Task<void> {
      auto& test = dynamic_cast<ReportsTest&>(base);
      Reports reports(pool, test.slots, test.registry, test.settings);
      auto all = co_await reports.export_orders(test.context, {});
      std::size_t items = 0;
      std::vector<int> numbers;
      while (co_await all->fetch()) {
        while (const auto* const order = all->next()) {
          numbers.push_back(number_of(*order));
          items += order->items.size();
          EXPECT_EQ(order->items.back().product_name, "P2");
        }
      }
      EXPECT_EQ(numbers, range(1, static_cast<int>(numbers.size())));
      EXPECT_EQ(std::to_string(items), test.value("SELECT count(*) FROM order_items"));
      EXPECT_EQ(std::to_string(numbers.size()), test.value("SELECT count(*) FROM orders"));
      EXPECT_FALSE(co_await all->fetch());
    });
    execute("TRUNCATE orders, order_items CASCADE");
  }
}

TEST_F(ReportsTest, AnOrderIsExportedWithItsLinesInTheirOrder) {
  add_orders(4, 4);
  with_pool([](PoolTest& base, Pool& pool) -> Task<void> {
    auto& test = dynamic_cast<ReportsTest&>(base);
    Reports reports(pool, test.slots, test.registry, test.settings);
    auto all = co_await reports.export_orders(test.context, {});
    EXPECT_TRUE(co_await all->fetch());
    EXPECT_EQ(all->next(), nullptr) << "more of it may come";
    EXPECT_TRUE(co_await all->fetch());
    const auto* const order = all->next();
    if (order == nullptr) throw std::runtime_error("no order");
    EXPECT_EQ(order->status, "paid");
    EXPECT_EQ(order->order_date, at_minute(2));
    EXPECT_EQ(order->total, (Money{12, *Currency::parse("EUR")}));
    EXPECT_EQ(order->items.size(), 2u);
    EXPECT_EQ(order->items.at(0).line_no, 1);
    EXPECT_EQ(order->items.at(0).product_name, "P1");
    EXPECT_EQ(order->items.at(1).product_name, "P2");
    EXPECT_EQ(order->items.at(1).quantity, 2);
    EXPECT_EQ(order->items.at(1).unit_price, (Money{7, *Currency::parse("EUR")}));
    EXPECT_EQ(all->next(), nullptr);
  });
}

TEST_F(ReportsTest, AnOrderWithoutLinesIsExportedWithoutItems) {
  add_orders(1, 3);
  execute("DELETE FROM order_items WHERE order_id = '00000000-0000-0000-0002-000000000002'");
  with_pool([](PoolTest& base, Pool& pool) -> Task<void> {
    auto& test = dynamic_cast<ReportsTest&>(base);
    Reports reports(pool, test.slots, test.registry, test.settings);
    auto all = co_await reports.export_orders(test.context, {});
    std::vector<std::size_t> items;
    while (co_await all->fetch()) {
      while (const auto* const order = all->next()) items.push_back(order->items.size());
    }
    EXPECT_THAT(items, ElementsAre(2, 0, 2));
  });
}

TEST_F(ReportsTest, ASpanBeginsWithItsFirstMomentAndEndsBeforeItsLast) {
  add_orders(1, 9);
  with_pool([](PoolTest& base, Pool& pool) -> Task<void> {
    auto& test = dynamic_cast<ReportsTest&>(base);
    Reports reports(pool, test.slots, test.registry, test.settings);
    auto part = co_await reports.export_orders(test.context, {at_minute(1), at_minute(3)});
    EXPECT_EQ(co_await walk(*part), range(2, 5));
    auto rest = co_await reports.export_orders(test.context, {at_minute(3), Timestamp::max()});
    EXPECT_EQ(co_await walk(*rest), range(6, 9));
  });
}

TEST_F(ReportsTest, WhatIsWrittenMeanwhileIsNotExported) {
  add_orders(1, 2'100);
  with_pool([](PoolTest& base, Pool& pool) -> Task<void> {
    auto& test = dynamic_cast<ReportsTest&>(base);
    Reports reports(pool, test.slots, test.registry, test.settings);
    auto all = co_await reports.export_orders(test.context, {});
    test.add_orders(2'101, 2'300);
    test.execute("DELETE FROM orders WHERE total = 3 * 2099");
    EXPECT_EQ(co_await walk(*all), range(1, 2'100));
  });
}

TEST_F(ReportsTest, AsManyExportsRunAsMayAndEachGivesItsPlaceBack) {
  add_orders(1, 1);
  with_pool([](PoolTest& base, Pool& pool) -> Task<void> {
    auto& test = dynamic_cast<ReportsTest&>(base);
    Reports reports(pool, test.slots, test.registry, test.settings);
    auto first = co_await reports.export_orders(test.context, {});
    {
      const auto second = co_await reports.export_orders(test.context, {});
      EXPECT_TRUE(second);
      const auto third = co_await reports.export_orders(test.context, {});
      if (third) throw std::runtime_error("a third one runs");
      EXPECT_EQ(third.error().code, ErrorCode::kOverloaded);
    }
    const auto fourth = co_await reports.export_orders(test.context, {});
    EXPECT_TRUE(fourth);
    EXPECT_EQ(co_await walk(*first), range(1, 1));
  });
}

// The stream may be destroyed at any moment: here while a piece is in transit.
TEST_F(ReportsTest, AnExportThatIsLeftEndsItsTransactionAndGivesItsConnectionBack) {
  add_orders(1, 2'100);
  config.max_connections = 2;
  with_pool([](PoolTest& base, Pool& pool) -> Task<void> {
    auto& test = dynamic_cast<ReportsTest&>(base);
    Reports reports(pool, test.slots, test.registry, test.settings);
    for (int i = 0; i < 5; ++i) {
      auto all = co_await reports.export_orders(test.context, {});
      EXPECT_TRUE(co_await all->fetch());
      EXPECT_NE(all->next(), nullptr);
    }
    co_await test.until(kBackends, "0");
    EXPECT_EQ(pool.connections(), 2u);
  });
}

TEST_F(ReportsTest, ASlowReaderIsNotTakenForAForgottenTransaction) {
  add_orders(1, 2'100);
  config.command_timeout = std::chrono::seconds(1);  // also for an idle transaction
  with_pool([](PoolTest& base, Pool& pool) -> Task<void> {
    auto& test = dynamic_cast<ReportsTest&>(base);
    Reports reports(pool, test.slots, test.registry, test.settings);
    auto all = co_await reports.export_orders(test.context, {});
    EXPECT_TRUE(co_await all->fetch());
    co_await test.loop.sleep(std::chrono::milliseconds(1'500));
    EXPECT_EQ((co_await walk(*all)).size(), 2'100u);
  });
}

TEST_F(ReportsTest, AnExportEndsWhenItsTimeIsUp) {
  add_orders(1, 2'100);
  settings.max_export_duration = std::chrono::milliseconds(250);
  with_pool([](PoolTest& base, Pool& pool) -> Task<void> {
    auto& test = dynamic_cast<ReportsTest&>(base);
    Reports reports(pool, test.slots, test.registry, test.settings);
    {
      auto all = co_await reports.export_orders(test.context, {});
      while (test.context.remaining() > std::chrono::milliseconds(0)) {
        co_await test.loop.sleep(std::chrono::milliseconds(5));
      }
      EXPECT_THROW(co_await walk(*all), Unavailable);
    }
    co_await test.until(kBackends, "0");
  });
}

TEST_F(ReportsTest, SumsLeaveOutWhatDoesNotStandAndCountEveryStatus) {
  add_orders(1, 4);  // of 3, 6, 9 and 12 cents, 7 + 14 in each one's lines
  execute(
      "UPDATE orders SET status = 'refunded', cancelled_at = now() WHERE total = 6;"
      "UPDATE order_items SET refunded = 1 FROM orders WHERE id = order_id AND total = 3"
      " AND line_no = 2;"
      "UPDATE orders SET refunded = 1 WHERE total = 3;"
      "UPDATE orders SET order_date = order_date + interval '1 day', currency = 'USD'"
      " WHERE total = 12");
  with_pool([](PoolTest& base, Pool& pool) -> Task<void> {
    auto& test = dynamic_cast<ReportsTest&>(base);
    Reports reports(pool, test.slots, test.registry, test.settings);
    const auto report =
        co_await reports.order_report(test.context, {{at_minute(0), at_minute(3 * 24 * 60)}});
    EXPECT_EQ(test.context.statements, 2u);
    const auto eur = *Currency::parse("EUR");
    const auto usd = *Currency::parse("USD");
    if (report->days.size() != 2) throw std::runtime_error("two days");
    EXPECT_EQ(report->days[0].date, at_minute(0));
    EXPECT_EQ(report->days[0].orders, 2);
    EXPECT_EQ(report->days[0].total, (Money{11, eur})) << "a cent of it was returned";
    EXPECT_EQ(report->days[1].date, at_minute(24 * 60));
    EXPECT_EQ(report->days[1].total, (Money{12, usd}));
    if (report->statuses.size() != 2) throw std::runtime_error("two statuses");
    EXPECT_EQ(report->statuses[0].status, "paid");
    EXPECT_EQ(report->statuses[0].orders, 3);
    EXPECT_EQ(report->statuses[1].status, "refunded");
    std::vector<std::string> products;
    for (const auto& product : report->top_products) {
      products.push_back(fmt::format("{} {} {} {}", product.name, product.quantity,
                                     product.total.amount, product.total.currency.text()));
    }
    EXPECT_THAT(products, ElementsAre("P2 3 21 EUR", "P1 2 14 EUR", "P2 2 14 USD", "P1 1 7 USD"));
  });
}

TEST_F(ReportsTest, SumsOfNothingAreEmptyAndSumsBeyondAllBoundsAreCut) {
  add_orders(1, 2);
  execute("UPDATE orders SET total = 9223372036854775807");
  with_pool([](PoolTest& base, Pool& pool) -> Task<void> {
    auto& test = dynamic_cast<ReportsTest&>(base);
    Reports reports(pool, test.slots, test.registry, test.settings);
    const auto nothing =
        co_await reports.order_report(test.context, {{at_minute(9), at_minute(10)}});
    EXPECT_TRUE(nothing->days.empty() && nothing->statuses.empty() &&
                nothing->top_products.empty());
    const auto much = co_await reports.order_report(test.context, {{at_minute(0), at_minute(9)}});
    EXPECT_EQ(much->days.at(0).total.amount, INT64_MAX);
  });
}

// An hour before midnight UTC is the next day in Berlin, and days with a clock change have 23 or 25
// hours.
TEST_F(ReportsTest, DaysAreThoseOfTheTimeZoneThatIsAskedFor) {
  add_orders(1, 4);
  execute(
      "UPDATE orders SET order_date = CASE total"
      " WHEN 3 THEN timestamptz '2026-03-28 22:59:59.999999Z' WHEN 6 THEN '2026-03-28 23:00Z'"
      " WHEN 9 THEN '2026-03-29 21:59:59.999999Z' ELSE '2026-03-29 22:00Z' END");
  with_pool([](PoolTest& base, Pool& pool) -> Task<void> {
    auto& test = dynamic_cast<ReportsTest&>(base);
    Reports reports(pool, test.slots, test.registry, test.settings);
    const auto day = [](int month, int of_month) -> Timestamp {
      return std::chrono::sys_days(std::chrono::year(2026) / month / of_month);
    };
    ReportRange range{.span = {day(3, 29), day(3, 30)},
                      .timezone = "Europe/Berlin",
                      .from_is_date = true,
                      .to_is_date = true};
    const auto short_day = co_await reports.order_report(test.context, range);
    EXPECT_EQ(short_day->span.to - short_day->span.from, std::chrono::hours(23));
    if (short_day->days.size() != 1) throw std::runtime_error("one day");
    EXPECT_EQ(short_day->days[0].date, day(3, 29));
    EXPECT_EQ(short_day->days[0].total.amount, 6 + 9);
    range.span = {day(10, 25), day(10, 26)};
    const auto long_day = co_await reports.order_report(test.context, range);
    EXPECT_EQ(long_day->span.to - long_day->span.from, std::chrono::hours(25));
    range = {.span = {day(3, 1), day(4, 1)}, .timezone = "Europe/Berlin"};
    const auto month = co_await reports.order_report(test.context, range);
    EXPECT_EQ(month->span.from, day(3, 1)) << "a time with its offset stays as it is";
    EXPECT_EQ(month->days.size(), 3u);
    range.timezone = "UTC";
    EXPECT_EQ((co_await reports.order_report(test.context, range))->days.size(), 2u);
    for (const auto* none :
         {"Europe/Nowhere", "CEST-7", "Europe/Berlin2", "posix/Europe/Berlin", ""}) {
      range.timezone = none;
      const auto refused = co_await reports.order_report(test.context, range);
      EXPECT_EQ(refused.error().fields.at(0).pointer, "timezone") << none;
    }
  });
}

TEST_F(ReportsTest, AListingHasItsSumsAndItsOrdersFromOneSnapshot) {
  add_orders(1, 3);
  with_pool([](PoolTest& base, Pool& pool) -> Task<void> {
    auto& test = dynamic_cast<ReportsTest&>(base);
    Reports reports(pool, test.slots, test.registry, test.settings);
    auto listing = co_await reports.listing(test.context, {{at_minute(0), at_minute(9)}});
    test.add_orders(4, 5);
    EXPECT_EQ(listing->report.days.at(0).orders, 3);
    EXPECT_EQ(co_await walk(listing->orders), range(1, 3));
    EXPECT_EQ(test.context.statements, 2u + 2 + 2);
  });
}

TEST_F(ReportsTest, VisitsAreSummedOverTheDaysThatBeginInTheSpan) {
  execute(
      "INSERT INTO visit_statistics VALUES ('2024-12-31', 0, 9, 9, 9, 9), "
      "('2025-01-01', 0, 5, 4, 3, 2), ('2025-01-01', 100, 1, 0, 0, 0), "
      "('2025-01-02', 0, 2, 1, 1, 1), ('2025-01-03', 0, 7, 7, 7, 7)");
  with_pool([](PoolTest& base, Pool& pool) -> Task<void> {
    auto& test = dynamic_cast<ReportsTest&>(base);
    Reports reports(pool, test.slots, test.registry, test.settings);
    constexpr int kDay = 24 * 60;
    using Group = VisitReport::Group;
    const auto report = co_await reports.visits(test.context, {at_minute(-1), at_minute(2 * kDay)});
    EXPECT_THAT(report.groups, ElementsAre(Group{0, 7, 5, 4, 3}, Group{100, 1, 0, 0, 0}));
    EXPECT_EQ(report.span.from, at_minute(0));
    EXPECT_EQ(report.span.to, at_minute(2 * kDay));
    const auto last = co_await reports.visits(test.context, {at_minute(1), at_minute(kDay + 1)});
    EXPECT_THAT(last.groups, ElementsAre(Group{0, 2, 1, 1, 1}));
    EXPECT_EQ(test.context.statements, 2u);
  });
}

}  // namespace
}  // namespace souk::reports
