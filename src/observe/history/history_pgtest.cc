#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "observe/history/keeper.h"
#include "postgres/test_pool.h"

namespace souk::observe {
namespace {

using postgres::Pool;
using runtime::Task;
using testing::HasSubstr;

constexpr telemetry::GaugeSpec kConnections{"souk_http_connections", ""};

class HistoryTest : public postgres::PoolTest {
 public:
  ~HistoryTest() override { ::close(null); }

  NodeStart start(std::string name) { return {ids.next(), std::move(name), "1", clock.now()}; }

  int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  SystemClock clock;
  SystemRandom random;
  UuidGenerator ids{clock, random};
  telemetry::Log log{telemetry::LogLevel::kWarning, null, clock, registry};
  const telemetry::Budgets budgets{std::vector<telemetry::Objective>()};
};

// A node with registry and history of its own, which runs until stop().
struct Node {
  Node(HistoryTest& t, Pool& pool, std::string name)
      : history(t.budgets, registry, t.start(std::move(name))),
        keeper(history, &pool, [] {}, {t.loop, t.clock, registry, t.log}),
        stopping(t.loop),
        scope(t.loop) {
    registry.cell(kConnections).set(7);
    scope.spawn(keeper.run(stopping));
  }
  Task<void> stop() {
    stopping.set();
    co_await scope.join();
  }

  telemetry::Registry registry;
  History history;
  Keeper keeper;
  runtime::Event stopping;
  runtime::Scope scope;
};

Task<void> until_shown(HistoryTest& test, const History& history, std::string range,
                       std::string text) {
  const auto give_up = std::chrono::steady_clock::now() + HistoryTest::kPatience;
  while (history.points(*find_range(range)).find(text) == std::string::npos) {
    if (std::chrono::steady_clock::now() > give_up) {
      ADD_FAILURE() << history.points(*find_range(range)) << " has no " << text;
      co_return;
    }
    co_await test.loop.sleep(std::chrono::milliseconds(20));
  }
}

TEST_F(HistoryTest, NodesShowTheirSumAndARestartedOneContinuesIt) {
  with_pool([](PoolTest& base, Pool& pool) -> Task<void> {
    auto& test = dynamic_cast<HistoryTest&>(base);
    {
      Node one(test, pool, "one");
      Node other(test, pool, "other");
      co_await until_shown(test, one.history, "5m", ",14,14");
      co_await until_shown(test, other.history, "5m", ",14,14");
      EXPECT_EQ(one.history.nodes(), 2);
      co_await one.stop();
      co_await other.stop();
    }
    // Seconds of the last minute are stored by nodes that stop.
    EXPECT_NE(test.value("SELECT count(*) FROM history WHERE step = 1"), "0");
    Node again(test, pool, "one");
    co_await until_shown(test, again.history, "5m", ",14,14");
    EXPECT_THAT(again.history.state(), HasSubstr(R"("node":"one","version":"1","was":"1")"));
    co_await again.stop();
  });
}

TEST_F(HistoryTest, WhatNoDashboardShowsAnyMoreIsForgotten) {
  with_pool([](PoolTest& base, Pool& pool) -> Task<void> {
    auto& test = dynamic_cast<HistoryTest&>(base);
    const auto now = test.clock.now();
    const StoredRows rows{now - std::chrono::hours(2), 1, {1}};
    for (const int step : {1, 60}) co_await store::keep(pool, test.context, step, rows);
    co_await store::report(pool, test.context, {test.start("old"), {}},
                           now - std::chrono::hours(2));
    co_await store::forget(pool, test.context, now - std::chrono::hours(1),
                           now - std::chrono::hours(24));
    EXPECT_EQ(test.value("SELECT string_agg(step::text, ',') FROM history"), "60");
    EXPECT_EQ(test.value("SELECT count(*) FROM node_reports"), "0");
  });
}

// Two nodes store the same minute: the one that knows more of it wins.
TEST_F(HistoryTest, TheMoreCompleteMinuteIsKept) {
  with_pool([](PoolTest& base, Pool& pool) -> Task<void> {
    auto& test = dynamic_cast<HistoryTest&>(base);
    const auto minute = std::chrono::floor<std::chrono::minutes>(test.clock.now());
    for (const int weight : {60, 120, 90}) {
      co_await store::keep(pool, test.context, 60,
                           {minute, weight, {static_cast<std::uint8_t>(weight)}});
    }
    const auto kept = co_await store::kept(pool, test.context, 60, minute, 10);
    EXPECT_EQ(kept.size(), 1);
    if (!kept.empty()) EXPECT_EQ(kept[0].rows, std::vector<std::uint8_t>{120});
  });
}

}  // namespace
}  // namespace souk::observe
