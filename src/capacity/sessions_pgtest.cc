#include <gtest/gtest.h>

#include <thread>

#include "capacity/sessions.h"
#include "postgres/blocking.h"
#include "postgres/test_database.h"

namespace souk::capacity {
namespace {

// Samples until `holds` is true of some means.
Sessions sampled(SessionSampler& sampler, bool (*holds)(const Sessions&)) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  Sessions seen;
  do {
    std::this_thread::sleep_for(kSampleEvery);
    seen = sampler.read();
  } while (!holds(seen) && std::chrono::steady_clock::now() < give_up);
  return seen;
}

TEST(SessionSampler, SeesWhoWaitsForALock) {
  postgres::TestDatabase database;
  auto holder = database.connect();
  auto waiter = database.connect();
  ASSERT_TRUE(holder.execute("CREATE TABLE held (id int)").has_value());
  ASSERT_TRUE(holder.execute("BEGIN; LOCK TABLE held").has_value());
  const auto sampler = SessionSampler::start(database.conninfo());
  ASSERT_TRUE(sampler.has_value());
  std::jthread waiting([&waiter] { EXPECT_TRUE(waiter.execute("TABLE held").has_value()); });
  const auto seen = sampled(**sampler, [](const Sessions& now) { return now.locks > 0; });
  EXPECT_GT(seen.locks, 0);
  EXPECT_GE(seen.active, seen.locks);
  EXPECT_TRUE(holder.execute("ROLLBACK").has_value());
}

TEST(SessionSampler, AReadBeginsTheNextMeans) {
  const postgres::TestDatabase database;
  const auto sampler = SessionSampler::start(database.conninfo());
  ASSERT_TRUE(sampler.has_value());
  EXPECT_GT(sampled(**sampler, [](const Sessions& now) { return now.samples > 0; }).samples, 0);
}

TEST(SessionSampler, ADatabaseThatDoesNotAnswerIsAnError) {
  EXPECT_FALSE(SessionSampler::start("host=/nonexistent dbname=none").has_value());
}

}  // namespace
}  // namespace souk::capacity
