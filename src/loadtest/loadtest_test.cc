#include "loadtest/loadtest.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

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
    options_ = {.scenario = "normal_load",
                .plan = {.users = 20, .duration = 500ms, .ramp_up = 100ms, .think_time = 10ms},
                .url = shop_.url(),
                .tokens_file = file("tokens"),
                .database_url = {},
                .audit = false,
                .acknowledged_file = {},
                .json_file = {},
                .budgets_file = {},
                .metrics = test::budget_metrics()};
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
  EXPECT_TRUE(read("json").starts_with(R"({"scenario":"normal_load")")) << read("json");
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
  options_.plan.duration = 1h;
  stop_ = true;
  run();
  EXPECT_NE(out_.str().find("(interrupted)"), std::string::npos) << out_.str();
}

}  // namespace
}  // namespace souk::loadtest
