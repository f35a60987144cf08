#include "statistics/visits.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <thread>

#include "telemetry/reading.h"

namespace souk::statistics {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr std::chrono::sys_days kDay = std::chrono::year(2026) / 1 / 31;
constexpr auto kAll = Visits::Which::kAll;

class VisitsTest : public testing::Test {
 protected:
  void answered(std::uint64_t session, Visits::Duration read, VisitStep step = VisitStep::kNone) {
    visits.answered(session, now, read, step);
  }
  void wrote(std::uint64_t session, VisitStep step) {
    visits.answered(session, now, std::nullopt, step);
  }
  void pass(std::chrono::minutes time) {
    now += time;
    clock.advance(time);
  }

  using Labels = std::vector<std::string_view>;
  double metric(std::string_view name, const Labels& labels = {}) const {
    double value = 0;
    visit(registry, name, [&](const telemetry::Reading& series) {
      if (std::ranges::equal(series.labels, labels)) value += series.value;
    });
    return value;
  }

  Visits::Time now = Visits::Time() + 1h;
  ManualClock clock{kDay + 23h + 50min};
  telemetry::Registry registry;
  Visits visits{clock, registry};
};

TEST_F(VisitsTest, AVisitIsCountedOnceByTheMeanOfItsReadsWhenItHasPaused) {
  answered(1, 10ms);
  pass(5min);
  answered(1, 210ms, VisitStep::kHold);  // a mean of 110 ms
  pass(15min);
  wrote(1, VisitStep::kOrder);
  answered(2, 50ms);
  pass(Visits::kPause);
  EXPECT_THAT(visits.take(now), IsEmpty());
  pass(1min);
  EXPECT_THAT(visits.take(now),
              ElementsAre(Pair(Pair(kDay, 100), VisitSum{1, 1, 1, 0}),
                          Pair(Pair(kDay + std::chrono::days(1), 20), VisitSum{1, 0, 0, 0})))
      << "of the day on which they began";
  pass(24h);
  EXPECT_THAT(visits.take(now), IsEmpty());
}

TEST_F(VisitsTest, EndedVisitsAreCountedAtEachStepTheyReached) {
  answered(1, 1ms);
  answered(2, 1ms, VisitStep::kHold);
  answered(3, 1ms, VisitStep::kOrder);
  wrote(3, VisitStep::kPayment);
  answered(4, 1h);
  constexpr auto* kName = "souk_statistics_visits_total";
  EXPECT_EQ(metric(kName, {"0", "visit"}), 0);
  visits.put_back(visits.take(now, kAll));
  visits.take(now, kAll);
  EXPECT_EQ(metric(kName, {"0", "visit"}), 3) << "those put back too";
  EXPECT_EQ(metric(kName, {"0", "hold"}), 1);
  EXPECT_EQ(metric(kName, {"0", "order"}), 1);
  EXPECT_EQ(metric(kName, {"0", "payment"}), 1);
  EXPECT_EQ(metric(kName, {"2500", "visit"}), 1);
  EXPECT_EQ(metric(kName, {"2500", "order"}), 0);
}

TEST_F(VisitsTest, WhoComesBackAfterAPauseVisitsAgain) {
  answered(1, 10ms, VisitStep::kOrder);
  pass(31min);
  answered(1, 10ms, VisitStep::kPayment);
  pass(24h);
  EXPECT_THAT(visits.take(now),
              ElementsAre(Pair(Pair(kDay, 5), VisitSum{1, 0, 1, 0}),
                          Pair(Pair(kDay + std::chrono::days(1), 5), VisitSum{1, 0, 0, 1})));
}

TEST_F(VisitsTest, WhatIsAskedForOverAndOverEndsToo) {
  const auto end = now + Visits::kLongest + 1h;
  for (; now < end; pass(10min)) answered(1, 10ms);
  EXPECT_THAT(visits.take(now), ElementsAre(Pair(Pair(kDay, 5), VisitSum{1, 0, 0, 0})));
  EXPECT_EQ(metric("souk_statistics_visits_in_progress"), 1);
}

TEST_F(VisitsTest, AReadThatOnlyBearsATokenCountsInAVisitAndBeginsNone) {
  visits.accompanied(1, now, 10s);
  EXPECT_THAT(visits.take(now, kAll), IsEmpty());
  answered(1, 10ms);
  pass(20min);
  visits.accompanied(1, now, 990ms);
  pass(20min);
  EXPECT_THAT(visits.take(now), IsEmpty()) << "it goes on";
  pass(11min);
  visits.accompanied(1, now, 10s);  // too late
  EXPECT_THAT(visits.take(now), ElementsAre(Pair(Pair(kDay, 400), VisitSum{1, 0, 0, 0})));
}

TEST_F(VisitsTest, AVisitWithoutReadsIsLeftOut) {
  wrote(1, VisitStep::kOrder);
  EXPECT_THAT(visits.take(now, kAll), IsEmpty());
  EXPECT_EQ(metric("souk_statistics_visits_without_reads_total"), 1);
}

TEST_F(VisitsTest, AMeanThatIsABoundBelongsToTheFasterGroup) {
  std::uint64_t session = 0;
  for (const auto time : {0us, 5'000us, 5'001us, 100'000us, 100'001us, 2'500'000us, 2'500'001us}) {
    answered(++session, time);
  }
  std::vector<std::pair<int, int>> groups;
  for (const auto& [key, sum] : visits.take(now, kAll)) groups.emplace_back(key.second, sum.visits);
  EXPECT_THAT(groups, ElementsAre(Pair(0, 2), Pair(5, 1), Pair(50, 1), Pair(100, 1), Pair(1'000, 1),
                                  Pair(2'500, 1)));
}

TEST_F(VisitsTest, BeyondTheLimitNoFurtherVisitsAreFollowed) {
  for (std::uint64_t session = 0; session < Visits::kMaxVisits + 10; ++session) {
    answered(session, 1ms);
  }
  EXPECT_EQ(metric("souk_statistics_visits_in_progress"), Visits::kMaxVisits);
  EXPECT_EQ(metric("souk_statistics_visit_requests_left_out_total"), 10);
  wrote(1, VisitStep::kOrder);  // one that is followed
  EXPECT_THAT(visits.take(now, kAll),
              ElementsAre(Pair(Pair(kDay, 0), VisitSum{Visits::kMaxVisits, 0, 1, 0})));
  EXPECT_EQ(metric("souk_statistics_visits_in_progress"), 0);
}

TEST_F(VisitsTest, SumsThatCouldNotBeStoredAreTakenAgain) {
  answered(1, 1ms);
  visits.put_back(visits.take(now, kAll));
  answered(2, 1ms, VisitStep::kPayment);
  EXPECT_THAT(visits.take(now, kAll), ElementsAre(Pair(Pair(kDay, 0), VisitSum{2, 0, 0, 1})));
}

TEST_F(VisitsTest, NoVisitIsCountedTwiceWhenSeveralThreadsTakeThem) {
  constexpr int kThreads = 4;
  constexpr std::uint64_t kOfEach = 5'000;
  std::array<VisitSums, kThreads> taken;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        for (std::uint64_t i = 0; i < kOfEach; ++i) {
          visits.answered(thread * kOfEach + i, now, 1ms, VisitStep::kNone);
          if (i % 100 == 99) {
            for (const auto& [key, sum] : visits.take(now, kAll)) {
              taken.at(thread)[key].visits += sum.visits;
            }
          }
        }
      });
    }
  }
  std::int64_t all = 0;
  for (const auto& sums : taken) {
    for (const auto& [key, sum] : sums) all += sum.visits;
  }
  EXPECT_EQ(all, kThreads * kOfEach);
}

}  // namespace
}  // namespace souk::statistics
