#include "loadtest/timeline.h"

#include <gtest/gtest.h>

namespace souk::loadtest {
namespace {

using namespace std::chrono_literals;

void answer(Recorder& recorder, std::size_t status, std::chrono::milliseconds latency, int times) {
  for (int i = 0; i < times; ++i) {
    recorder.endpoints[0].requests.add();
    recorder.endpoints[0].statuses[status].add();
    recorder.endpoints[0].latency.record(latency);
  }
}

TEST(Timeline, EachSecondHasOnlyItsOwnEvents) {
  Recorder total(1);
  Timeline timeline;
  const std::optional<Scrape> first(R"(process_cpu_seconds_total 1
souk_db_connection_wait_seconds_bucket{le="0.01"} 5
souk_db_connection_wait_seconds_bucket{le="0.1"} 5
souk_db_connection_wait_seconds_bucket{le="+Inf"} 5
)");
  timeline.add(0, 10, total, {.machine = 5, .generator = 1, .postgres = 3, .redis = 2}, first);
  answer(total, 200, 4ms, 100);
  total.lateness.record(3ms);
  const std::optional<Scrape> second(R"(process_cpu_seconds_total 2.5
souk_admission_delay_seconds{queue="loop",worker="0"} 0.001
souk_admission_delay_seconds{queue="loop",worker="1"} 0.004
souk_admission_delay_seconds{queue="orders",worker="1"} 0.9
souk_db_connection_wait_seconds_bucket{le="0.01"} 5
souk_db_connection_wait_seconds_bucket{le="0.1"} 25
souk_db_connection_wait_seconds_bucket{le="+Inf"} 25
process_resident_memory_bytes 1000
)");
  timeline.add(2, 10, total, {.machine = 8, .generator = 2, .postgres = 3.5, .redis = 1}, second);
  answer(total, 503, 90ms, 7);
  answer(total, 200, 90ms, 3);
  total.error(0, ErrorKind::kServerError);
  total.error(0, ErrorKind::kTimeout);
  timeline.add(3, 20, total, {.machine = 8, .generator = 2, .postgres = 3.5, .redis = 1}, {});

  const auto& seconds = timeline.seconds();
  ASSERT_EQ(seconds.size(), 2u);
  EXPECT_EQ(seconds[0].answers, 100u);
  EXPECT_EQ(seconds[0].p95, 4015us) << "the bound of the bucket of 4 ms";
  EXPECT_EQ(seconds[0].lateness_p99, 3007us);
  EXPECT_TRUE(seconds[0].failures.empty());
  EXPECT_DOUBLE_EQ(seconds[0].cpu.machine, 1.5) << "three CPU seconds in two";
  EXPECT_DOUBLE_EQ(seconds[0].cpu.postgres, 0.25);
  EXPECT_DOUBLE_EQ(seconds[0].cpu.redis, 0) << "a process has ended";
  EXPECT_DOUBLE_EQ(seconds[0].shop_cores.value(), 0.75);
  EXPECT_DOUBLE_EQ(seconds[0].loop_delay.value(), 0.004);
  EXPECT_DOUBLE_EQ(seconds[0].connection_wait.value(), 0.1);
  EXPECT_EQ(seconds[1].answers, 10u);
  EXPECT_EQ(seconds[1].level, 20);
  EXPECT_GE(seconds[1].p50, 90ms);
  EXPECT_EQ(seconds[1].failures,
            (std::map<std::string, std::uint64_t>{{"503", 7}, {"timeout", 1}}));
  EXPECT_FALSE(seconds[1].shop_cores.has_value());
}

}  // namespace
}  // namespace souk::loadtest
