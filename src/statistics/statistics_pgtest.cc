#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/rfc3339.h"
#include "postgres/test_pool.h"
#include "statistics/statistics.h"
#include "statistics/store.h"

namespace souk::statistics {
namespace {

using namespace std::chrono_literals;
using runtime::Task;

constexpr Timestamp kNow = std::chrono::sys_days(std::chrono::year(2026) / 1 / 31) + 23h;
constexpr std::string_view kProduct = "018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b04";
constexpr std::string_view kOtherProduct = "018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b05";

struct NeverAsked final : jobs::EventReader {
  std::string_view kind() const override { return "order.placed"; }
  Task<std::unordered_map<Uuid, std::string>> read(runtime::Context&,
                                                   std::span<const Uuid>) override {
    throw std::logic_error("statistics do not ask what events tell");
  }
};

class StatisticsTest : public postgres::PoolTest {
 public:
  template <class Body>
  void with_pool(Body body) {
    loop.run_until_done(postgres::run_with_pool(*this, body));
  }

  jobs::Job event(std::string kind, std::int64_t total, Timestamp at = kNow) {
    const auto items =
        kind == "order.placed"
            ? fmt::format(R"([{{"productId":"{}","productName":"x","quantity":2,"unitPrice":{}}}])",
                          kProduct, total / 2)
            : "[]";
    return {.id = ids_.next(),
            .kind = std::move(kind),
            .payload = fmt::format(R"({{"orderId":"{0}","userId":"{0}","status":"pending",)"
                                   R"("total":{1},"currency":"EUR","items":{2}}})",
                                   kProduct, total, items),
            .created_at = at};
  }
  // A job as the fan-out appends it.
  static Task<jobs::Job> job_of(std::vector<jobs::Job> events) {
    runtime::Context context;
    std::vector<jobs::NewJob> jobs;
    Counting counting;
    NeverAsked reader;
    jobs::EventBatch batch(events, reader);
    co_await counting.consume(context, batch, jobs);
    co_return jobs::Job{.id = events.front().id,
                        .kind = jobs.at(0).kind,
                        .payload = jobs.at(0).payload,
                        .created_at = events.front().created_at};
  }

  static Task<void> run(Statistics& statistics, jobs::Job job, int& failures) {
    runtime::Context context;
    try {
      co_await statistics.run(context, job);
    } catch (const std::exception&) {
      ++failures;
    }
  }
  // Runs all concurrently; returns how many failed.
  Task<int> record(postgres::Pool& pool, std::vector<jobs::Job> events,
                   jobs::BatchLimits limits = {.max_items = 100, .max_delay = 1ms}) {
    Statistics statistics(loop, pool, clock_, registry, limits);
    runtime::Scope scope(loop);
    int failures = 0;
    for (const auto& one : events) scope.spawn(run(statistics, co_await job_of({one}), failures));
    co_await scope.join();
    co_await statistics.close();
    co_return failures;
  }

  // Runs a job that names orders; returns how many times it failed.
  Task<int> run_listed(postgres::Pool& pool, std::string payload) {
    Statistics statistics(loop, pool, clock_, registry, {.max_items = 100, .max_delay = 1ms});
    int failures = 0;
    co_await run(statistics,
                 {.id = listed_, .kind = std::string(kOrdersKind), .payload = std::move(payload)},
                 failures);
    co_await statistics.close();
    co_return failures;
  }

  // Places an order of two products at `at`; returns its event, which only names it.
  jobs::Job named_event(std::int64_t price, Timestamp at = kNow) {
    const auto id = ids_.next();
    execute(
        "INSERT INTO users (id, email, name, password_hash) VALUES (md5('b')::uuid, "
        "'b@souk.example', 'B', 'x') ON CONFLICT DO NOTHING; "
        "INSERT INTO categories (id, name, slug) VALUES (md5('c')::uuid, 'All', 'all') "
        "ON CONFLICT DO NOTHING");
    for (const auto product : {kProduct, kOtherProduct}) {
      execute(
          fmt::format("INSERT INTO products (id, name, category_id, price, currency) VALUES ('{}', "
                      "'P', md5('c')::uuid, 1, 'EUR') ON CONFLICT DO NOTHING",
                      product));
    }
    execute(
        fmt::format("INSERT INTO orders (id, user_id, status, order_date, total, currency) VALUES "
                    "('{0}', md5('b')::uuid, 'pending', '{1}', {2} * 3, 'EUR'); "
                    "INSERT INTO order_items (order_id, line_no, product_id, product_name, "
                    "quantity, unit_price) VALUES ('{0}', 1, '{3}', 'P', 2, {2}), "
                    "('{0}', 2, '{4}', 'Q', 1, {2})",
                    id.to_string(), to_rfc3339(at), price, kProduct, kOtherProduct));
    return {.id = id, .kind = "order.placed", .aggregate = id, .payload = {}, .created_at = at};
  }

  std::string day(const std::string& columns) {
    return value("SELECT concat_ws(',', " + columns + ") FROM order_statistics ORDER BY day");
  }

  ManualClock clock_{kNow};
  SystemRandom random_;
  UuidGenerator ids_{clock_, random_};
  const Uuid listed_ = ids_.next();
};

TEST_F(StatisticsTest, AddsEventsUpByDayCurrencyAndProduct) {
  with_pool([](StatisticsTest& test, postgres::Pool& pool) -> Task<void> {
    const int failures = co_await test.record(
        pool, {test.event("order.placed", 1'000), test.event("order.placed", 500),
               test.event("order.paid", 500), test.event("order.cancelled", 1'000),
               test.event("order.refunded", 500),
               test.event("order.placed", 70, kNow + 1h)});  // the next day, in UTC
    EXPECT_EQ(failures, 0);
  });
  EXPECT_EQ(day("day, currency, placed, placed_amount, paid, paid_amount, cancelled, "
                "cancelled_amount, refunded, refunded_amount"),
            "2026-01-31,EUR,2,1500,1,500,1,1000,1,500");
  EXPECT_EQ(value("SELECT count(*) FROM order_statistics"), "2");
  EXPECT_EQ(value("SELECT concat_ws(',', product_id, units, revenue) FROM product_statistics "
                  "ORDER BY day"),
            std::string(kProduct) + ",4,1500");
}

TEST_F(StatisticsTest, OrdersThatAreOnlyNamedAreAddedUpFromTheirRows) {
  with_pool([](StatisticsTest& test, postgres::Pool& pool) -> Task<void> {
    const auto first = test.named_event(100);
    EXPECT_EQ(co_await test.record(pool, {first, test.named_event(10, kNow + 1h),
                                          test.event("order.placed", 1'000), test.named_event(20)}),
              0);
    EXPECT_EQ(co_await test.record(pool, {first, test.named_event(1)}), 0)
        << "one for the second time";
  });
  EXPECT_EQ(value("SELECT string_agg(concat_ws(',', day, placed, placed_amount), ' ' ORDER BY day) "
                  "FROM order_statistics"),
            "2026-01-31,4,1363 2026-02-01,1,30");
  EXPECT_EQ(
      value("SELECT string_agg(concat_ws(',', day, right(product_id::text, 1), units, revenue), "
            "' ' ORDER BY day, product_id) FROM product_statistics"),
      "2026-01-31,4,8,1242 2026-01-31,5,3,121 2026-02-01,4,2,20 2026-02-01,5,1,10");
}

// As a dead letter that is replayed beside the job that names it.
TEST_F(StatisticsTest, AnOrderThatIsNamedAndToldInOneBatchCountsOnce) {
  with_pool([](StatisticsTest& test, postgres::Pool& pool) -> Task<void> {
    const auto named = test.named_event(10);
    auto told = test.event("order.placed", 1'000);
    told.id = named.id;
    EXPECT_EQ(co_await test.record(pool, {told, named, told}), 0);
  });
  EXPECT_EQ(day("placed, placed_amount"), "1,30");
}

TEST_F(StatisticsTest, AnOrderThatIsGoneCountsForNothing) {
  with_pool([](StatisticsTest& test, postgres::Pool& pool) -> Task<void> {
    const auto gone = test.named_event(100);
    test.execute("DELETE FROM orders");
    EXPECT_EQ(co_await test.record(pool, {gone, test.named_event(10)}), 0);
  });
  EXPECT_EQ(day("placed, placed_amount"), "1,30");
  Buffer page;
  registry.render(page);
  EXPECT_THAT(std::string(page.view()),
              testing::HasSubstr("souk_statistics_orders_gone_total 1\n"));
}

// It was counted before its transaction committed.
TEST_F(StatisticsTest, AnOrderThatIsGoneIsCountedWhenTheBatchIsCommitted) {
  execute(
      "CREATE SEQUENCE tries; CREATE FUNCTION conflict_once() RETURNS trigger LANGUAGE plpgsql AS "
      "$$ BEGIN IF nextval('tries') = 1 THEN RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'; "
      "END IF; RETURN NEW; END $$; CREATE TRIGGER conflict_once BEFORE INSERT ON order_statistics "
      "FOR EACH ROW EXECUTE FUNCTION conflict_once()");
  with_pool([](StatisticsTest& test, postgres::Pool& pool) -> Task<void> {
    const auto gone = test.named_event(100);
    test.execute("DELETE FROM orders");
    EXPECT_EQ(co_await test.record(pool, {gone, test.named_event(10)}), 0);
  });
  EXPECT_EQ(day("placed, placed_amount"), "1,30");
  EXPECT_EQ(value("SELECT last_value FROM tries"), "2");
  Buffer page;
  registry.render(page);
  EXPECT_THAT(std::string(page.view()),
              testing::HasSubstr("souk_statistics_orders_gone_total 1\n"));
}

// One of them rejected the job before the others were counted.
TEST_F(StatisticsTest, WhatIsNoOrderIsBuriedAloneAndTheOthersOfItsJobCountOnce) {
  with_pool([](StatisticsTest& test, postgres::Pool& pool) -> Task<void> {
    const auto payload = fmt::format(R"(["{}",17,"x","{}"])", test.named_event(10).id.to_string(),
                                     test.named_event(100).id.to_string());
    EXPECT_EQ(co_await test.run_listed(pool, payload), 0);
    EXPECT_EQ(co_await test.run_listed(pool, payload), 0) << "as after a crash";
  });
  EXPECT_EQ(day("placed, placed_amount"), "2,330");
  EXPECT_EQ(value("SELECT string_agg(concat_ws(' ', kind, payload, last_error), ', ' "
                  "ORDER BY payload::text) FROM dead_letters"),
            "statistics.record_orders [\"x\"] not an order: a value is not a UUID, "
            "statistics.record_orders [17] not an order: a value is not a string");
}

TEST_F(StatisticsTest, AnOrderThatCannotBeAddedUpIsBuriedAloneAndCountsWhenItIsReplayed) {
  with_pool([](StatisticsTest& test, postgres::Pool& pool) -> Task<void> {
    const auto broken = test.named_event(100).id.to_string();
    test.execute("ALTER TABLE orders DROP CONSTRAINT orders_currency_check");
    test.execute("UPDATE orders SET currency = 'E?R' WHERE id = '" + broken + "'");
    EXPECT_EQ(co_await test.run_listed(
                  pool, fmt::format(R"(["{}","{}","{}"])", test.named_event(10).id.to_string(),
                                    broken, test.named_event(1).id.to_string())),
              0);
    EXPECT_EQ(test.day("placed, placed_amount"), "2,33");
    EXPECT_EQ(test.value("SELECT payload FROM dead_letters"), "[\"" + broken + "\"]");
    EXPECT_THAT(test.value("SELECT last_error FROM dead_letters"),
                testing::HasSubstr("statement statistics.sums_of_orders: column 4 (currency)"));

    const auto alone = test.value("SELECT payload FROM dead_letters");
    EXPECT_EQ(co_await test.run_listed(pool, alone), 1) << "its own job's dead letter";
    EXPECT_EQ(test.value("SELECT count(*) FROM dead_letters"), "1");
    test.execute("UPDATE orders SET currency = 'EUR' WHERE id = '" + broken + "'");
    EXPECT_EQ(co_await test.run_listed(pool, alone), 0);
  });
  EXPECT_EQ(day("placed, placed_amount"), "3,333");
}

TEST_F(StatisticsTest, WhatIsNoListOfOrdersIsRejected) {
  with_pool([](StatisticsTest& test, postgres::Pool& pool) -> Task<void> {
    Statistics statistics(test.loop, pool, test.clock_, test.registry, {});
    int failures = 0;
    for (const auto* text : {"{}", "[1]", R"(["x"])", ""}) {
      co_await run(statistics, {.kind = std::string(kOrdersKind), .payload = text}, failures);
    }
    EXPECT_EQ(failures, 4);
    co_await statistics.close();
  });
}

TEST_F(StatisticsTest, WhatComesTwiceCountsOnce) {
  with_pool([](StatisticsTest& test, postgres::Pool& pool) -> Task<void> {
    const auto once = test.event("order.placed", 1'000);
    EXPECT_EQ(co_await test.record(pool, {once, once}), 0) << "in one batch";
    EXPECT_EQ(co_await test.record(pool, {once, test.event("order.placed", 10)}), 0);
  });
  EXPECT_EQ(day("placed, placed_amount"), "2,1010");
  EXPECT_EQ(value("SELECT units FROM product_statistics"), "4");
}

TEST_F(StatisticsTest, SumsThatNothingHoldsStayAtTheLargest) {
  with_pool([](StatisticsTest& test, postgres::Pool& pool) -> Task<void> {
    const std::int64_t most = std::numeric_limits<std::int64_t>::max() - 1;
    EXPECT_EQ(co_await test.record(pool, {test.event("order.placed", most)}), 0);
    EXPECT_EQ(co_await test.record(pool, {test.event("order.placed", most)}), 0);
  });
  EXPECT_EQ(day("placed, placed_amount"), "2,9223372036854775807");
  EXPECT_EQ(value("SELECT units || ' ' || revenue FROM product_statistics"),
            "4 9223372036854775807");
}

TEST_F(StatisticsTest, BestSellersAreThoseOfTheLastDayWithSalesAndTheDayBefore) {
  execute(
      "INSERT INTO product_statistics (day, product_id, currency, units) SELECT date '2026-01-31' "
      "- "
      "ago, ('00000000-0000-0000-0000-00000000000' || product)::uuid, currency, units FROM (VALUES "
      "(0, 1, 'EUR', 2), (0, 2, 'EUR', 3), (0, 3, 'EUR', 1), (0, 3, 'USD', 1), (1, 1, 'EUR', 2), "
      "(1, 4, 'EUR', 1), (2, 5, 'EUR', 9)) sold (ago, product, currency, units)");
  with_pool([](StatisticsTest& test, postgres::Pool& pool) -> Task<void> {
    std::string last_digits;
    for (const auto& id : co_await store::best_sellers(pool, test.context, 4)) {
      last_digits += id.value.to_string().back();
    }
    EXPECT_EQ(last_digits, "1234");
    EXPECT_EQ((co_await store::best_sellers(pool, test.context, 1)).size(), 1u);
  });
}

TEST_F(StatisticsTest, WhereNothingWasSoldThereAreNoBestSellers) {
  with_pool([](StatisticsTest& test, postgres::Pool& pool) -> Task<void> {
    EXPECT_TRUE((co_await store::best_sellers(pool, test.context, 4)).empty());
  });
}

TEST_F(StatisticsTest, BatchesThatMeetDoNotDeadlock) {
  with_pool([](StatisticsTest& test, postgres::Pool& pool) -> Task<void> {
    std::vector<jobs::Job> events;
    for (int i = 0; i < 400; ++i) {
      events.push_back(test.event("order.placed", 2, kNow + std::chrono::days(i % 7)));
    }
    auto twice = events;
    twice.insert(twice.end(), events.rbegin(), events.rend());
    EXPECT_EQ(co_await test.record(pool, std::move(twice), {.max_items = 20, .max_delay = 1ms}), 0);
  });
  EXPECT_EQ(value("SELECT sum(placed) FROM order_statistics"), "400");
  EXPECT_EQ(value("SELECT sum(units) FROM product_statistics"), "800");
}

TEST_F(StatisticsTest, WhatIsNoEventFailsAlone) {
  with_pool([](StatisticsTest& test, postgres::Pool& pool) -> Task<void> {
    auto broken = test.event("order.placed", 1'000);
    broken.payload = R"({"total":"many","currency":"EUR"})";
    EXPECT_EQ(co_await test.record(pool, {test.event("order.placed", 10), broken}), 1);
  });
  EXPECT_EQ(day("placed, placed_amount"), "1,10");
}

TEST_F(StatisticsTest, WhatIsNoEventDoesNotKeepThoseOfItsJobFromBeingCounted) {
  with_pool([](StatisticsTest& test, postgres::Pool& pool) -> Task<void> {
    auto broken = test.event("order.placed", 1'000);
    broken.payload = R"({"total":"many","currency":"EUR"})";
    Statistics statistics(test.loop, pool, test.clock_, test.registry,
                          {.max_items = 100, .max_delay = 1ms});
    int failures = 0;
    auto job =
        co_await job_of({test.event("order.placed", 10), broken, test.event("order.placed", 20)});
    co_await run(statistics, job, failures);
    EXPECT_EQ(failures, 1);
    job.payload = R"({"id":"none"})";
    co_await run(statistics, job, failures);
    EXPECT_EQ(failures, 2) << "no list of events";
    co_await statistics.close();
  });
  EXPECT_EQ(day("placed, placed_amount"), "2,30");
}

TEST_F(StatisticsTest, MoreEventsThanABatchTakesAreOneJob) {
  with_pool([](StatisticsTest& test, postgres::Pool& pool) -> Task<void> {
    std::vector<jobs::Job> events;
    for (int i = 0; i < 25; ++i) events.push_back(test.event("order.placed", 10));
    Statistics statistics(test.loop, pool, test.clock_, test.registry,
                          {.max_items = 10, .max_delay = 1ms});
    int failures = 0;
    co_await run(statistics, co_await job_of(events), failures);
    EXPECT_EQ(failures, 0);
    co_await statistics.close();
  });
  EXPECT_EQ(day("placed, placed_amount"), "25,250");
}

TEST_F(StatisticsTest, OldIdsAreForgotten) {
  with_pool([](StatisticsTest& test, postgres::Pool& pool) -> Task<void> {
    co_await test.record(pool, {test.event("order.placed", 10)});
    test.clock_.advance(kRemembered + 1h);
    co_await test.record(pool, {test.event("order.placed", 10, test.clock_.now())});
  });
  EXPECT_EQ(value("SELECT count(*) FROM statistics_events"), "1");
}

TEST_F(StatisticsTest, SumsOfVisitsAreAddedToThoseOfTheirDayAndGroup) {
  with_pool([](StatisticsTest&, postgres::Pool& pool) -> Task<void> {
    constexpr std::chrono::sys_days kDay = std::chrono::year(2026) / 1 / 31;
    runtime::Context context;
    const VisitSums sums{{{kDay, 0}, {3, 2, 1, 0}}, {{kDay, 100}, {1, 0, 0, 0}}};
    co_await store::add_visits(pool, context, sums);
    co_await store::add_visits(pool, context, {{{kDay, 0}, {4, 4, 4, 4}}});
    EXPECT_EQ(context.statements, 2u);
  });
  EXPECT_EQ(value("SELECT string_agg(concat_ws(',', day, slower_than_ms, visits, with_hold, "
                  "with_order, with_payment), ' ' ORDER BY day, slower_than_ms) "
                  "FROM visit_statistics"),
            "2026-01-31,0,7,6,5,4 2026-01-31,100,1,0,0,0");
}

}  // namespace
}  // namespace souk::statistics
