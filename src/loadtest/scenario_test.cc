#include "loadtest/scenario.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

namespace souk::loadtest {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kSmall = R"(summary = "small"
[[stage]]
hold = "1m"
users = 10
[[flow]]
name = "look"
share = 1
[[flow.step]]
request = "GET /api/products/{id}"
with = { id = "${product}" }
)";

// The small scenario with one line replaced, which is wrong.
std::string complaint(const std::string& line, const std::string& with) {
  std::string text(kSmall);
  const auto at = text.find(line);
  EXPECT_NE(at, text.npos) << line;
  text.replace(at, line.size(), with);
  const auto parsed = parse_scenario(text, "mine.toml");
  return parsed ? "accepted" : parsed.error().detail;
}

TEST(Scenario, AllBuiltInOnesAreValid) {
  for (const auto& builtin : builtin_scenarios()) {
    const auto scenario = load_scenario(std::string(builtin.name));
    ASSERT_TRUE(scenario) << scenario.error().detail;
    EXPECT_EQ(scenario->name, builtin.name);
    EXPECT_FALSE(scenario->summary.empty());
  }
}

TEST(Scenario, TheRfcsOnesAreAsItWritesThem) {
  const auto normal = load_scenario("normal_load").value();
  EXPECT_EQ(normal.shape.peak(), 1'000);
  EXPECT_EQ(normal.shape.duration(), 10min);
  EXPECT_EQ(normal.endpoints,
            (std::vector<std::string>{"GET /api/products", "GET /api/products/{id}",
                                      "POST /api/orders"}));
  EXPECT_EQ(normal.flows[0].share, 70);
  EXPECT_EQ(normal.flows[1].share, 20);
  EXPECT_EQ(normal.flows[2].share, 10);
  const auto peak = load_scenario("peak_load").value();
  EXPECT_EQ(peak.shape.duration(), 30min);
  EXPECT_DOUBLE_EQ(peak.shape.level(150s), 2'500);
  EXPECT_DOUBLE_EQ(peak.shape.level(5min), 5'000);
  EXPECT_TRUE(peak.judges_cpu);
  const auto stress = load_scenario("stress_test").value();
  EXPECT_EQ(stress.shape.duration(), 5min);
  EXPECT_DOUBLE_EQ(stress.shape.level(1min), 5'000);
  EXPECT_DOUBLE_EQ(stress.shape.level(4min), 10'000);
}

TEST(Scenario, AnotherDurationKeepsTheForm) {
  auto stress = load_scenario("stress_test").value();
  stress.set_duration(60s);
  EXPECT_EQ(stress.shape.duration(), 60s);
  EXPECT_EQ(stress.warm_up, 24s);
  EXPECT_DOUBLE_EQ(stress.shape.level(12s), 5'000);
}

TEST(Scenario, StagesFollowOneAnother) {
  std::string text(kSmall);
  text.replace(text.find("hold = \"1m\"\nusers = 10\n"), 23, R"(ramp = "10s"
users = 100
[[stage]]
spike = "5s"
users = 400
[[stage]]
soak = "10s"
memory_growth = 0.5
[[stage]]
breakpoint = "10s"
users = 900
at_least = 500
)");
  const auto scenario = parse_scenario(text, "s.toml");
  ASSERT_TRUE(scenario) << scenario.error().detail;
  EXPECT_DOUBLE_EQ(scenario->shape.level(5s), 50);
  EXPECT_DOUBLE_EQ(scenario->shape.level(12s), 400);
  EXPECT_DOUBLE_EQ(scenario->shape.level(16s), 100) << "back to the level before the spike";
  EXPECT_DOUBLE_EQ(scenario->shape.level(30s), 500);
  EXPECT_EQ(scenario->breakpoint->begin, 25s);
  EXPECT_EQ(scenario->breakpoint->at_least, 500);
  EXPECT_EQ(scenario->memory_growth, 0.5);
}

TEST(Scenario, WhatIsWrongIsNamedWithItsLine) {
  const struct {
    std::string line;
    std::string with;
    std::string expected;
  } cases[] = {
      {"summary", "sumary", "mine.toml:1: unknown key \"sumary\""},
      {"summary = \"small\"\n", "", "mine.toml:"},
      {"hold = \"1m\"", "hold = \"1 week\"", "mine.toml:3: \"hold\" has a bad value"},
      {"hold = \"1m\"", "hold = \"1m\"\nramp = \"1m\"", "mine.toml:2: a stage has one of"},
      {"users = 10", "users = \"10\"", "mine.toml:4: \"users\" has a bad value"},
      {"users = 10", "rate = 10", "mine.toml:4: unknown key \"rate\""},
      {"users = 10", "users = 0", "the stages ask for nothing"},
      {"users = 10", "users = 2_000_000", "mine.toml:4: \"users\" has a bad value"},
      {"share = 1", "share = 0", "the shares of all flows are 0"},
      {"share = 1", "share = -1", "mine.toml:7: \"share\" has a bad value"},
      {"GET /api/products/{id}", "FETCH /api", "mine.toml:9: \"request\" has a bad value"},
      {"GET /api/products/{id}", "GET /api/{id}/{other}", "\"with\" needs a text for {other}"},
      {"${product}", "${basket}", "mine.toml:10: nothing before this is called \"basket\""},
      {"${product}", "${product", "mine.toml:10: a variable is"},
      {"with =", "take = { product = \"/id\" }\nwith =", "mine.toml:10: \"product\" has a meaning"},
      {"with =", "take = { mine = \"id\" }\nwith =", "is named by a JSON pointer"},
      {"with =", "idempotent = true\nwith =", "mine.toml:10: \"idempotent\" has a bad value"},
      {"with =", "expect = [9]\nwith =", "mine.toml:10: \"expect\" has a bad value"},
      {"with =", "as = \"admin\"\nwith =", "mine.toml:10: \"as\" has a bad value"},
      {"[[flow]]", "[threshold.\"GET /api/orders\"]\np95 = \"1s\"\n[[flow]]",
       "mine.toml:5: no step requests \"GET /api/orders\""},
      {"[[flow]]", "[threshold.all]\np95 = 200\n[[flow]]", "mine.toml:6: \"p95\" has a bad value"},
      {"[[stage]]", "warm_up = \"1m\"\n[[stage]]", "mine.toml:2: \"warm_up\" has a bad value"},
      {"[[stage]]", "[[stage", "mine.toml:2: "},
  };
  for (const auto& wrong : cases) {
    const auto said = complaint(wrong.line, wrong.with);
    EXPECT_NE(said.find(wrong.expected), said.npos) << wrong.with << ": " << said;
  }
  EXPECT_EQ(complaint("small", "other"), "accepted");
}

TEST(Scenario, AFileThatIsNotThereIsAnErrorThatNamesIt) {
  const auto missing = load_scenario("/nowhere/mine.toml");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().detail.find("/nowhere/mine.toml"), std::string::npos);
  EXPECT_NE(missing.error().detail.find("souk loadtest list"), std::string::npos);
}

}  // namespace
}  // namespace souk::loadtest
