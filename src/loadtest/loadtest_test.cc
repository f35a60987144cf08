#include "loadtest/loadtest.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "loadtest/test_budgets.h"
#include "loadtest/test_shop.h"

namespace souk::loadtest {
namespace {

using namespace std::chrono_literals;

class LoadTest : public testing::Test {
 protected:
  LoadTest()
      : folder_(std::filesystem::temp_directory_path() /
                fmt::format("souk-loadtest-{}", static_cast<int>(::getpid()))) {
    std::filesystem::create_directory(folder_);
    std::ofstream(file("tokens")) << "one\n\ntwo\n";
    options_ = {.scenario = load_scenario("normal_load").value(),
                .plan = {.users = 20,
                         .shape = LoadShape::ramp_and_hold(20, 100ms, 500ms),
                         .warm_up = 100ms},
                .url = shop_.url(),
                .tokens_file = file("tokens"),
                .database_url = {},
                .audit = false,
                .acknowledged_file = {},
                .json_file = {},
                .budgets_file = {},
                .metrics = test::budget_metrics()};
    options_.scenario.think_time = 10ms;
  }
  ~LoadTest() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name) const { return (folder_ / name).string(); }
  int run() { return run_load_test(options_, {out_, err_, false}, stop_); }
  std::string read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(file(name)).rdbuf();
    return text.str();
  }

  TestShop shop_;
  std::filesystem::path folder_;
  Options options_;
  std::ostringstream out_;
  std::ostringstream err_;
  std::atomic<bool> stop_ = false;
};

TEST_F(LoadTest, AShopThatKeepsItsBudgetsEndsWithZeroAndTwoReports) {
  options_.json_file = file("json");
  options_.acknowledged_file = file("acknowledged");
  options_.plan.threads = 2;
  EXPECT_EQ(run(), kExitKept) << out_.str() << err_.str();
  EXPECT_NE(out_.str().find("GET /api/products/{id} p95"), std::string::npos) << out_.str();
  EXPECT_NE(out_.str().find("audit: not run: --no-audit"), std::string::npos) << out_.str();
  EXPECT_TRUE(read("json").starts_with(R"({"schemaVersion":1,"scenario":"normal_load")"))
      << read("json");
  EXPECT_EQ(std::ranges::count(read("acknowledged"), '\n'), shop_.orders);
}

TEST_F(LoadTest, AShopThatBreaksABudgetEndsWithOne) {
  shop_.order_status = 503;
  EXPECT_EQ(run(), kExitBroken);
  EXPECT_NE(out_.str().find("BROKEN"), std::string::npos) << out_.str();
}

TEST_F(LoadTest, AnAuditThatWasWantedAndCouldNotRunIsNotClean) {
  options_.audit = true;
  EXPECT_EQ(run(), kExitBroken);
  EXPECT_NE(out_.str().find("audit: not run: no database is known"), std::string::npos)
      << out_.str();
}

TEST_F(LoadTest, OtherBudgetsMayBeGiven) {
  options_.budgets_file = file("budgets.toml");
  std::ofstream(file("budgets.toml")) << "[api]\np95 = 200\n";
  EXPECT_EQ(run(), kExitUsage);
  EXPECT_NE(err_.str().find("budgets.toml"), std::string::npos) << err_.str();
}

TEST_F(LoadTest, MissingTokensAreAUsageErrorThatNamesTheFile) {
  options_.tokens_file = file("none");
  EXPECT_EQ(run(), kExitUsage);
  EXPECT_NE(err_.str().find(file("none")), std::string::npos) << err_.str();
}

TEST_F(LoadTest, AShopThatIsNotThereCouldNotBeTested) {
  options_.url = "http://127.0.0.1:1";
  EXPECT_EQ(run(), kExitCouldNotRun);
  EXPECT_NE(err_.str().find("http://127.0.0.1:1: cannot connect"), std::string::npos) << err_.str();
  EXPECT_NE(err_.str().find("name another shop with --url, or by the --data"), std::string::npos)
      << err_.str();
}

TEST_F(LoadTest, OddUrlsAreUsageErrors) {
  for (const auto* url : {"ftp://shop", "http://", "http://shop:0", "http://shop:x", "shop:80",
                          "http://shop/path", "http://[::1"}) {
    options_.url = url;
    EXPECT_EQ(run(), kExitUsage) << url;
  }
}

TEST_F(LoadTest, MoreUsersThanDescriptorsAreRefusedBeforeAnythingIsSent) {
  options_.plan.users = 100'000'000;
  EXPECT_EQ(run(), kExitCouldNotRun);
  EXPECT_NE(err_.str().find("ulimit"), std::string::npos) << err_.str();
}

TEST_F(LoadTest, AnInterruptedRunStillReports) {
  options_.plan.shape = LoadShape::ramp_and_hold(20, 0s, 1h);
  stop_ = true;
  run();
  EXPECT_NE(out_.str().find("(interrupted)"), std::string::npos) << out_.str();
}

TEST_F(LoadTest, TheWarmUpIsShownAndNotJudged) {
  options_.plan = {.users = 5, .shape = LoadShape::ramp_and_hold(5, 0s, 3500ms), .warm_up = 3s};
  options_.json_file = file("json");
  shop_.delay = 210ms;  // above the budget of 200 ms
  const std::jthread recovers([this](const std::stop_token& stop) {
    // After the catalogue and the rehearsal all users' first requests are slow.
    while (shop_.orders == 0 && !stop.stop_requested()) std::this_thread::yield();
    shop_.delay = 0ms;
  });
  EXPECT_EQ(run(), kExitKept) << out_.str();
  EXPECT_NE(out_.str().find("warm-up, not judged"), std::string::npos) << out_.str();
  const auto json = read("json");
  const auto warm = json.find(R"("warmUp":{)");
  ASSERT_NE(warm, json.npos);
  const auto slowest = json.find(R"("max":)", warm) + 6;
  EXPECT_GE(std::stoll(json.substr(slowest)), 210'000) << json.substr(warm, 400);
}

TEST_F(LoadTest, ABreakpointEndsTheRunWhereABudgetBreaks) {
  options_.scenario.breakpoint = {.begin = 0s, .at_least = 1e6};
  options_.plan = {.users = 4, .shape = LoadShape({{1h, 2, 4}})};
  shop_.delay = 250ms;
  EXPECT_EQ(run(), kExitBroken);
  EXPECT_NE(out_.str().find("broke at 2 users"), std::string::npos) << out_.str();
  EXPECT_EQ(out_.str().find("(interrupted)"), std::string::npos) << out_.str();
}

}  // namespace
}  // namespace souk::loadtest
