#include "loadtest/verdict.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "loadtest/builtin_budgets.h"
#include "loadtest/report.h"
#include "loadtest/test_budgets.h"

namespace souk::loadtest {
namespace {

using namespace std::chrono_literals;

telemetry::Budgets budgets() {
  return telemetry::parse_budgets(kBuiltinBudgets, "budgets.toml", test::budget_metrics()).value();
}

constexpr std::size_t kLists = 0;  // "GET /api/products"

// 60 s of 1,000 users, 995 answers of 10 ms a second.
Measurements good_run() {
  const auto scenario = load_scenario("normal_load").value();
  const auto endpoints = scenario.endpoints.size();
  Measurements run{
      .scenario = scenario, .total = Recorder(endpoints), .warm_up = Recorder(endpoints)};
  run.scenario.think_time = 1s;
  run.plan = {.users = 1'000, .shape = LoadShape::ramp_and_hold(1'000, 0s, 60s)};
  run.elapsed = run.measured = 60s;
  auto& lists = run.total.endpoints[kLists];
  for (int i = 0; i < 59'700; ++i) {
    lists.latency.record(10ms);
    lists.requests.add();
    lists.statuses[200].add();
    run.total.answers_in_time.add();
  }
  return run;
}

const Judgement& find(const std::vector<Judgement>& judgements, std::string_view budget) {
  return *std::ranges::find(judgements, budget, &Judgement::budget);
}

Verdict verdict(const Measurements& run, std::string_view budget) {
  return find(judge(budgets(), run), budget).verdict;
}

TEST(Verdict, AGoodRunBreaksNothingAndSaysWhatItDidNotMeasure) {
  const auto judgements = judge(budgets(), good_run());
  EXPECT_TRUE(all_kept(judgements));
  EXPECT_EQ(find(judgements, "api p95").verdict, Verdict::kKept);
  EXPECT_EQ(find(judgements, "GET /api/products p99").verdict, Verdict::kKept);
  EXPECT_EQ(find(judgements, "POST /api/orders p95").verdict, Verdict::kNotMeasured);
  EXPECT_EQ(find(judgements, "database p95").verdict, Verdict::kNotMeasured);
  EXPECT_EQ(find(judgements, "resources memory").verdict, Verdict::kNotMeasured);
}

TEST(Verdict, SlowAnswersBreakTheirBudget) {
  auto run = good_run();
  auto& lists = run.total.endpoints[kLists];
  for (int i = 0; i < 4'000; ++i) lists.latency.record(300ms);  // 6 %: above p95, within p99
  EXPECT_EQ(verdict(run, "GET /api/products p95"), Verdict::kBroken);
  EXPECT_EQ(verdict(run, "GET /api/products p99"), Verdict::kKept);
  EXPECT_FALSE(all_kept(judge(budgets(), run)));
}

TEST(Verdict, UsersWhoAskForLittleDoNotMeasureThroughput) {
  auto run = good_run();
  const auto throughput = find(judge(budgets(), run), "api throughput");
  EXPECT_EQ(throughput.verdict, Verdict::kNotMeasured);
  EXPECT_NE(throughput.measured.find("ask for 990/s"), std::string::npos) << throughput.measured;
}

TEST(Verdict, AShopThatFallsBehindWhatIsAskedBreaksThroughput) {
  auto run = good_run();
  run.plan.shape = LoadShape::ramp_and_hold(10'000, 0s, 60s);
  EXPECT_EQ(verdict(run, "api throughput"), Verdict::kBroken);
  run.plan.open = Spacing::kPoisson;
  run.plan.shape = LoadShape::ramp_and_hold(2'000, 0s, 60s);
  EXPECT_EQ(verdict(run, "api throughput"), Verdict::kBroken);
  run.plan.shape = LoadShape::ramp_and_hold(995, 0s, 60s);
  EXPECT_EQ(verdict(run, "api throughput"), Verdict::kNotMeasured);
}

TEST(Verdict, ErrorsCountButRefusalsDoNotMakeItUnavailable) {
  auto run = good_run();
  for (int i = 0; i < 1'000; ++i) run.total.error(kLists, ErrorKind::kClientError);
  EXPECT_EQ(verdict(run, "api error rate"), Verdict::kBroken);
  EXPECT_EQ(verdict(run, "availability failed"), Verdict::kKept);
  for (int i = 0; i < 100; ++i) run.total.error(kLists, ErrorKind::kServerError);
  EXPECT_EQ(verdict(run, "availability failed"), Verdict::kBroken);
}

TEST(Verdict, JudgesByTheShopsOwnMetrics) {
  auto run = good_run();
  run.scrapes = Scrapes{Scrape("process_cpu_seconds_total 4\n"), Scrape(R"(
souk_db_statement_duration_seconds_bucket{statement="a",le="0.01"} 94
souk_db_statement_duration_seconds_bucket{statement="a",le="0.05"} 97
souk_db_statement_duration_seconds_bucket{statement="a",le="0.2"} 100
souk_db_statement_duration_seconds_bucket{statement="a",le="+Inf"} 100
souk_cache_hits_total{level="memory"} 80
souk_cache_misses_total 20
process_cpu_seconds_total 100
souk_allotted_cores 2
process_resident_memory_bytes 5e8
souk_allotted_memory_bytes 1e9
)")};
  EXPECT_EQ(verdict(run, "database p95"), Verdict::kKept);
  EXPECT_EQ(verdict(run, "database p99"), Verdict::kBroken);
  EXPECT_EQ(verdict(run, "cache hit ratio"), Verdict::kBroken);
  EXPECT_EQ(verdict(run, "resources memory"), Verdict::kKept);
  EXPECT_EQ(verdict(run, "resources cpu"), Verdict::kNotMeasured);
  run.scenario.judges_cpu = true;
  EXPECT_EQ(verdict(run, "resources cpu"), Verdict::kBroken);  // 80 % of two cores
}

TEST(Verdict, DoesNotJudgeWhatMayHaveBeenSoBeforeTheRun) {
  auto run = good_run();
  run.scrapes = Scrapes{Scrape(""), Scrape("souk_jobs_dead_letters 7\n")};
  const auto judgements = judge(budgets(), run);
  EXPECT_TRUE(all_kept(judgements));
  EXPECT_EQ(std::ranges::find(judgements, "state dead letters", &Judgement::budget),
            judgements.end());
}

TEST(Verdict, JudgesByTheScenariosOwnThresholds) {
  auto run = good_run();
  run.scenario.thresholds = {{kLists, "p95", 0.95, 0.009},
                             {kLists, "p99", 0.99, 0.011},
                             {std::nullopt, "error_rate", {}, 0.001},
                             {std::nullopt, "per_second", {}, 996},
                             {1, "p95", 0.95, 1}};
  EXPECT_EQ(verdict(run, "scenario GET /api/products p95"), Verdict::kBroken);
  EXPECT_EQ(verdict(run, "scenario GET /api/products p99"), Verdict::kKept);
  EXPECT_EQ(verdict(run, "scenario all error_rate"), Verdict::kKept);
  EXPECT_EQ(verdict(run, "scenario all per_second"), Verdict::kBroken);
  EXPECT_EQ(verdict(run, "scenario GET /api/products/{id} p95"), Verdict::kNotMeasured);
  run.total.error(kLists, ErrorKind::kServerError);
  for (int i = 0; i < 60; ++i) run.total.error(kLists, ErrorKind::kTimeout);
  EXPECT_EQ(verdict(run, "scenario all error_rate"), Verdict::kBroken);
}

TEST(Verdict, ASoakLimitsTheGrowthOfMemory) {
  auto run = good_run();
  run.scenario.memory_growth = 0.2;
  EXPECT_EQ(verdict(run, "scenario memory growth"), Verdict::kNotMeasured);
  run.scrapes = Scrapes{Scrape("process_resident_memory_bytes 100\n"),
                        Scrape("process_resident_memory_bytes 121\n")};
  EXPECT_EQ(verdict(run, "scenario memory growth"), Verdict::kBroken);
  run.scenario.memory_growth = 0.22;
  EXPECT_EQ(verdict(run, "scenario memory growth"), Verdict::kKept);
}

TEST(Report, JsonKeepsItsNames) {
  auto run = good_run();
  Buffer json;
  write_json(json, run, judge(budgets(), run), {.wanted = true, .report = {}, .why_not = "no db"});
  for (
      const auto* part :
      {R"({"schemaVersion":1,"scenario":"normal_load",)",
       R"("interrupted":false,"plan":{"model":"closed","users":1000,)",
       R"("histogram":[[10047,59700]])",
       R"({"name":"GET /api/products","requests":59700,"answers":59700,"perSecond":995,)",
       R"("latencyMicroseconds":{"p50":10000,"p90":10000,"p95":10000,"p99":10000,"p999":10000,"max":10000,"mean":10000})",
       R"("errorsByKind":{"refused":0,)", R"("statuses":{"200":59700})", R"("server":null)",
       R"("budgetsKept":true)", R"("audit":{"run":false,"clean":false,"reason":"no db"})"}) {
    EXPECT_NE(json.view().find(part), json.view().npos) << part << "\nin\n" << json.view();
  }
}

TEST(Report, TimesReadAsPeopleWriteThem) {
  EXPECT_EQ(format_time(250us), "250 us");
  EXPECT_EQ(format_time(1'500us), "1.50 ms");
  EXPECT_EQ(format_time(200ms), "200 ms");
  EXPECT_EQ(format_time(30s), "30 s");
}

}  // namespace
}  // namespace souk::loadtest
