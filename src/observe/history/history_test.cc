#include "observe/history/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "base/json_reader.h"
#include "base/random.h"
#include "telemetry/unknown.h"

namespace souk::observe {
namespace {

using telemetry::Budgets;
using telemetry::Section;

constexpr telemetry::CounterSpec kRequests{
    "souk_http_requests_total", "", {"method", "route", "priority", "status"}};
constexpr telemetry::HistogramSpec kLatency{
    "souk_http_request_duration_seconds", "", {"method", "route", "priority"}};
constexpr telemetry::CounterSpec kCost{"souk_cpu_cost_total", "", {"currency"}};
constexpr telemetry::CounterSpec kOrders{"souk_checkout_orders_total", "", {"outcome"}};
constexpr telemetry::CounterSpec kVisits{
    "souk_statistics_visits_total", "", {"slower_than_ms", "reached"}};
constexpr telemetry::GaugeSpec kConnections{"souk_http_connections", ""};
constexpr telemetry::GaugeSpec kDead{"souk_jobs_dead_letters", ""};
constexpr telemetry::GaugeSpec kConsistency{"souk_cache_consistency_ratio", ""};
constexpr Seconds kStart = 1'800'000'000;  // a whole minute

Timestamp time_of(Seconds second) { return Timestamp(std::chrono::seconds(second)); }

Budgets budgets() {
  return Budgets({{.section = Section::kState,
                   .name = "dead_letters",
                   .metric = "souk_jobs_dead_letters",
                   .threshold = 0,
                   .window = std::chrono::seconds(30),
                   .alert_after = std::chrono::minutes(1)},
                  {.section = Section::kApi,
                   .name = "error_rate",
                   .metric = "souk_http_requests_total",
                   .where = {{"status", "5*"}, {"priority", "!operator"}},
                   .share_of = {"souk_http_requests_total"},
                   .threshold = 0.01,
                   .window = std::chrono::minutes(1),
                   .alert_after = std::chrono::minutes(2)}});
}

// A node with metrics of its own.
class Node {
 public:
  explicit Node(std::string name, std::string version = "1", Seconds started = kStart,
                std::optional<Currency> currency = {})
      : history(kBudgets, registry,
                {.node = ids.next(),
                 .name = std::move(name),
                 .version = std::move(version),
                 .started_at = time_of(started)},
                currency) {
    history.tick(time_of(now), 1);
  }

  void serve(int requests, std::string_view status = "200", double seconds = 0.003) {
    auto& count = registry.cell(kRequests, {"GET", "/", "browse", status});
    auto& latency = registry.cell(kLatency, {"GET", "/", "browse"});
    for (int i = 0; i < requests; ++i) {
      count.increment();
      latency.observe(seconds);
    }
  }
  void tick() { history.tick(time_of(++now), 1); }
  void tick(int seconds) {
    for (int i = 0; i < seconds; ++i) tick();
  }

  static const Budgets kBudgets;
  static SystemClock clock;
  static SystemRandom random;
  static UuidGenerator ids;
  Seconds now = kStart;
  telemetry::Registry registry;
  History history;
};
const Budgets Node::kBudgets = budgets();
SystemClock Node::clock;
SystemRandom Node::random;
UuidGenerator Node::ids{clock, random};

// The points of a curve, oldest first; nothing where there is none.
std::vector<std::optional<double>> points(const History& history, std::string_view panel,
                                          std::string_view curve, std::string_view range = "5m") {
  std::size_t at = 0;
  const JsonReader definition(history.definition());
  for (const auto other : definition.root()["panels"].elements()) {
    for (const auto drawn : other["curves"].elements()) {
      if (other["id"].text() == panel && drawn.text() == curve) {
        const JsonReader json(history.points(*find_range(range)));
        std::vector<std::optional<double>> values;
        for (const auto value : json.root()["values"].elements()[at].elements()) {
          const auto text = value.json();
          values.push_back(text == "null" ? std::nullopt : std::optional(std::stod(text)));
        }
        return values;
      }
      ++at;
    }
  }
  ADD_FAILURE() << "no such curve";
  return {};
}

double last(const History& history, std::string_view panel, std::string_view curve,
            std::string_view range = "5m") {
  return points(history, panel, curve, range).back().value_or(-1);
}

std::string alert(const History& history, std::string_view name) {
  const JsonReader json(history.state());
  for (const auto each : json.root()["alerts"].elements()) {
    if (each["name"].text() == name) return std::string(each["state"].text());
  }
  return "none";
}

TEST(History, ASecondHasTheRatesAndPercentilesOfItsRequests) {
  Node node("a");
  node.serve(90, "200", 0.003);
  node.serve(10, "500", 0.3);
  node.tick();
  node.tick(kSettled);
  EXPECT_EQ(last(node.history, "throughput", "requests"), 100);
  EXPECT_EQ(last(node.history, "errors", "5xx"), 0.1);
  // 50 of the 90 between 2.5 and 5 ms; half of the ten between 200 and 350 ms.
  EXPECT_NEAR(last(node.history, "latency", "p50"), 0.0025 + 0.0025 * 50 / 90, 1e-6);
  EXPECT_NEAR(last(node.history, "latency", "p95"), 0.2 + 0.15 * 0.5, 1e-6);
  EXPECT_NEAR(last(node.history, "satisfaction", "Apdex"), 0.9, 1e-6);
  node.tick();
  EXPECT_EQ(last(node.history, "throughput", "requests"), 0);
  EXPECT_EQ(last(node.history, "satisfaction", "Apdex"), -1) << "nobody asked";
  EXPECT_EQ(last(node.history, "latency", "p95"), -1) << "nothing was measured";
}

TEST(History, MoneyIsShownWithItsCurrencyWhereACoreHasAPrice) {
  Node node("a", "1", kStart, Currency::parse("EUR"));
  node.registry.cell(kCost, {"EUR"}).add(0.5);
  node.registry.cell(kOrders, {"placed"}).add(10);
  node.serve(2'000);
  node.tick(1 + kSettled);
  EXPECT_DOUBLE_EQ(last(node.history, "money", "1,000 requests"), 0.25);
  EXPECT_DOUBLE_EQ(last(node.history, "money", "an order"), 0.05);
  EXPECT_THAT(node.history.definition(), testing::HasSubstr(R"("currency":"EUR")"));
}

TEST(History, NothingOfMoneyIsShownWithoutAPrice) {
  const Node node("a");
  EXPECT_THAT(node.history.definition(), testing::Not(testing::HasSubstr("money")));
  EXPECT_THAT(node.history.definition(), testing::Not(testing::HasSubstr("currency")));
}

TEST(History, ConversionIsTheShareOfTheVisitsOfThatResponseTime) {
  Node node("a");
  node.registry.cell(kVisits, {"5", "visit"}).add(6);
  node.registry.cell(kVisits, {"5", "order"}).add(1);
  node.registry.cell(kVisits, {"20", "visit"}).add(2);
  node.registry.cell(kVisits, {"20", "order"}).add(1);
  node.registry.cell(kVisits, {"200", "visit"}).add(10);
  node.registry.cell(kVisits, {"200", "hold"}).add(7);
  node.tick(1 + kSettled);
  EXPECT_DOUBLE_EQ(last(node.history, "conversion", "up to 50 ms"), 0.25);
  EXPECT_EQ(last(node.history, "conversion", "up to 200 ms"), -1) << "there were none";
  EXPECT_EQ(last(node.history, "conversion", "up to 500 ms"), 0);
}

TEST(History, WhatIsToleratedSatisfiesByHalf) {
  Node node("a");
  node.serve(50, "200", 0.05);
  node.serve(20, "200", 0.051);
  node.serve(20, "200", 0.2);
  node.serve(10, "200", 0.201);
  node.tick(1 + kSettled);
  EXPECT_NEAR(last(node.history, "satisfaction", "Apdex"), 0.5 + 0.4 / 2, 1e-6);
}

TEST(History, RequestsOfOperatorsAreNotCounted) {
  Node node("a");
  node.registry.cell(kRequests, {"GET", "/metrics", "operator", "200"}).add(7);
  node.serve(5);
  node.tick(1 + kSettled);
  EXPECT_EQ(last(node.history, "throughput", "requests"), 5);
}

// An average of percentiles would be 0.13.
TEST(History, PercentilesOfTheShopAreThoseOfTheMergedHistograms) {
  Node fast("fast");
  Node slow("slow");
  fast.serve(950, "200", 0.003);
  slow.serve(50, "200", 0.3);
  for (auto* node : {&fast, &slow}) node->tick(1);
  ASSERT_TRUE(fast.history.take(slow.history.report()));
  fast.tick(kSettled);
  EXPECT_EQ(last(fast.history, "throughput", "requests"), 1'000);
  EXPECT_NEAR(last(fast.history, "latency", "p95"), 0.005, 1e-6);
  EXPECT_NEAR(last(fast.history, "latency", "p99"), 0.2 + 0.15 * 40 / 50, 1e-4);
}

TEST(History, WhatAllNodesReportAlikeIsNotSummedAndTheWorstNodeCounts) {
  Node one("one");
  Node other("other");
  for (auto* node : {&one, &other}) {
    node->registry.cell(kDead).set(3);
    node->registry.cell(kConnections).set(10);
  }
  one.registry.cell(kConsistency).set(1);
  other.registry.cell(kConsistency).set(0.5);
  for (auto* node : {&one, &other}) node->tick(1);
  ASSERT_TRUE(one.history.take(other.history.report()));
  one.tick(kSettled);
  EXPECT_EQ(last(one.history, "jobs", "dead letters"), 3);
  EXPECT_EQ(last(one.history, "connections", "clients"), 20);
  EXPECT_EQ(last(one.history, "freshness", "current"), 0.5);
}

TEST(History, ARepeatedReportIsCountedOnce) {
  Node one("one");
  Node other("other");
  other.serve(4);
  for (auto* node : {&one, &other}) node->tick(1);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(one.history.take(other.history.report()));
  one.tick(kSettled);
  EXPECT_EQ(last(one.history, "throughput", "requests"), 4);
}

TEST(History, ANodeThatIsGoneIsShownAsGoneAndARestartedOneTakesItsPlace) {
  Node one("one");
  Node other("other");
  other.serve(4);
  for (auto* node : {&one, &other}) node->tick(1);
  ASSERT_TRUE(one.history.take(other.history.report()));
  EXPECT_EQ(one.history.nodes(), 2);
  one.tick(kGone + 2);
  EXPECT_EQ(one.history.nodes(), 1);
  EXPECT_THAT(one.history.state(), testing::HasSubstr(R"("gone":true)"));
  EXPECT_EQ(last(one.history, "throughput", "requests"), 0);

  Node again("other", "2", one.now);
  again.now = one.now - 2;
  again.tick(2);
  ASSERT_TRUE(one.history.take(again.history.report()));
  EXPECT_EQ(one.history.nodes(), 2);
  EXPECT_THAT(one.history.state(), testing::Not(testing::HasSubstr(R"("gone":true)")));
  EXPECT_THAT(one.history.state(), testing::HasSubstr(R"("node":"other","version":"2","was":"1")"));

  // The process before it is still there for a while.
  ASSERT_TRUE(one.history.take(other.history.report()));
  double requests = 0;
  for (const auto rate : points(one.history, "throughput", "requests"))
    requests += rate.value_or(0);
  EXPECT_EQ(requests, 4) << "counted once";
}

TEST(History, AMinuteIsMadeOfItsSeconds) {
  Node node("a");
  auto& connections = node.registry.cell(kConnections);
  for (int second = 0; second < 900; ++second) {
    node.serve(second % 60 == 0 ? 61 : 1, "200", second < 300 ? 0.003 : 0.3);
    connections.set(second < 450 ? 10 : 30);
    node.tick();
  }
  node.tick(kMinuteSettled + 60);
  const auto rates = points(node.history, "throughput", "requests", "24h");
  ASSERT_EQ(rates.size(), 288);
  EXPECT_NEAR(rates.at(286).value_or(-1), 2, 1e-3);
  EXPECT_NEAR(points(node.history, "latency", "p50", "24h").at(286).value_or(-1), 0.275, 1e-3);
  EXPECT_NEAR(points(node.history, "connections", "clients", "24h").at(286).value_or(-1), 20, 0.1);
  EXPECT_EQ(points(node.history, "throughput", "requests", "24h").at(100), std::nullopt);
}

TEST(History, AnAlertIsPendingThenFiresAndResolves) {
  Node node("a");
  auto& dead = node.registry.cell(kDead);
  EXPECT_EQ(alert(node.history, "dead_letters"), "noData");
  node.tick(40);
  dead.set(2);
  node.tick(10);
  EXPECT_EQ(alert(node.history, "dead_letters"), "pending");
  node.tick(60);
  EXPECT_EQ(alert(node.history, "dead_letters"), "firing");
  dead.set(0);
  node.tick(45);
  EXPECT_EQ(alert(node.history, "dead_letters"), "quiet");
  EXPECT_EQ(alert(node.history, "high_error_rate"), "noData") << "no traffic";
  node.serve(98);
  node.serve(2, "500");
  node.tick(10);
  EXPECT_EQ(alert(node.history, "high_error_rate"), "pending");
}

TEST(History, ARestartedNodeContinuesWhatWasStored) {
  Node first("a");
  for (int second = 0; second < 400; ++second) {
    first.serve(3);
    first.tick();
  }
  // What has been acknowledged is not due again.
  std::vector<History::Due> stored = first.history.due();
  first.history.stored();
  for (auto& due : first.history.due(true)) stored.push_back(std::move(due));
  ASSERT_GE(stored.size(), 12);

  Node second("a", "2", first.now);
  std::map<int, std::vector<StoredRows>> by_step;
  for (auto& due : stored) by_step[due.step].push_back(due.rows);
  for (const auto& [step, rows] : by_step) second.history.restore(step, rows);
  second.now = first.now + 3;
  second.tick(30);
  const auto rates = points(second.history, "throughput", "requests");
  EXPECT_EQ(rates.at(10), 3);
  EXPECT_EQ(std::ranges::count_if(rates, [](const auto& rate) { return !rate; }), 3)
      << "the gap while it was down";
  const auto minutes = points(second.history, "throughput", "requests", "24h");
  EXPECT_EQ(minutes.back(), 3);
}

TEST(History, TakesAFewMegabytes) {
  const Node node("a");
  EXPECT_LE(node.history.bytes(), kMaxHistoryBytes);
  EXPECT_GE(node.history.bytes(), 1 << 20);
  RecordProperty("bytes", static_cast<int>(node.history.bytes()));
}

TEST(Rows, ComeBackAsTheyWereAndDamagedBytesAreRefused) {
  Layout layout;
  layout.add({.name = "a", .metric = "souk_a_total"}, Nodes::kSum);
  layout.add({.name = "b", .metric = "souk_b_seconds", .quantile = 0.5}, Nodes::kSum);
  layout.add({.name = "c", .metric = "souk_c"}, Nodes::kMost);
  std::vector<float> cells(layout.width());
  cells[0] = 4;
  cells[5] = 6;
  cells.back() = 0.25;
  const RowView row{kStart, 1.5, 2, cells};
  const std::vector rows = {row, row};
  const auto bytes = encode(layout, rows);
  const auto back = decode(layout, bytes);
  ASSERT_TRUE(back);
  ASSERT_EQ(back->size(), 2);
  EXPECT_EQ(back->at(1).cells, cells);
  EXPECT_EQ(back->at(1).at, kStart);
  EXPECT_EQ(back->at(1).covered, 1.5);
  EXPECT_EQ(back->at(1).nodes, 2);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode(layout, std::span(bytes).first(size))) << size;
  }
  std::mt19937 random(1);
  for (int i = 0; i < 2'000; ++i) {
    auto damaged = bytes;
    damaged[random() % damaged.size()] = static_cast<std::uint8_t>(random());
    decode(layout, damaged);  // any result, within its bounds
  }
}

TEST(Rows, OfAnotherVersionKeepWhatBothKnow) {
  Layout older;
  older.add({.name = "a", .metric = "souk_a_total"}, Nodes::kSum);
  older.add({.name = "gone", .metric = "souk_gone_total"}, Nodes::kSum);
  Layout newer;
  newer.add({.name = "new", .metric = "souk_new"}, Nodes::kSum);
  newer.add({.name = "a", .metric = "souk_a_total"}, Nodes::kSum);
  const std::vector<float> cells = {4, 9};
  const std::vector rows = {RowView{kStart, 1, 1, cells}};
  const auto read = decode(newer, encode(older, rows));
  ASSERT_TRUE(read);
  EXPECT_TRUE(std::isnan(read->at(0).cells[0]));
  EXPECT_EQ(read->at(0).cells[1], 4);
}

}  // namespace
}  // namespace souk::observe
