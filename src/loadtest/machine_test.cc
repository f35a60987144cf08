#include "loadtest/machine.h"

#include <gtest/gtest.h>

#include <chrono>

namespace souk::loadtest {
namespace {

TEST(Machine, ReadsAProcessWhoseNameHasSpacesAndParentheses) {
  const auto process = parse_process(
      "42 (redis (a) b) S 1 42 42 0 -1 4194560 1000 0 5 0 120 30 0 0 20 0 4 0 100 1000 10 18446");
  ASSERT_TRUE(process);
  EXPECT_EQ(process->name, "redis (a) b");
  EXPECT_EQ(process->ticks, 150u);
  EXPECT_FALSE(parse_process(""));
  EXPECT_FALSE(parse_process("42 (postgres) S 1"));
}

TEST(Machine, OwnWorkIsCountedForTheGeneratorAndForTheMachine) {
  const auto before = read_cpu_times();
  // /proc/stat counts in ticks of 10 ms.
  CpuTimes used;
  while (used.generator < 0.1) used = read_cpu_times() - before;
  EXPECT_GE(used.machine, 0.05);
}

TEST(Machine, SaysWhatItRunsOn) {
  const auto environment = read_environment();
  EXPECT_FALSE(environment.version.empty());
  EXPECT_TRUE(environment.kernel.starts_with("Linux ")) << environment.kernel;
  EXPECT_GE(environment.cores, 1u);
  EXPECT_GT(environment.memory_bytes, 1u << 20);
}

}  // namespace
}  // namespace souk::loadtest
