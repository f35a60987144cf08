#include <gtest/gtest.h>

#include "jobs/cursor.h"
#include "jobs/lanes.h"

namespace souk::jobs {
namespace {

using namespace std::chrono_literals;

Uuid uuid(std::uint8_t n) {
  Uuid id;
  id.bytes[0] = n;
  return id;
}
Uuid aggregate(std::uint8_t n) { return uuid(n); }

store::ClaimerId claimer(std::int64_t number) { return {.number = number}; }

Job job(std::uint8_t position, std::uint8_t of) {
  return {.position = position, .id = uuid(position), .aggregate = aggregate(of)};
}

Held held(Lanes& lanes, std::uint8_t position, std::uint8_t of) {
  lanes.add(job(position, of), claimer(1));
  return std::make_unique<HeldJob>(claimer(1), job(position, of));
}

TEST(Lanes, JobsOfOneAggregateRunOneAfterTheOther) {
  Lanes lanes;
  EXPECT_NE(lanes.enter(held(lanes, 1, 7)), nullptr);
  EXPECT_EQ(lanes.enter(held(lanes, 2, 7)), nullptr);
  EXPECT_EQ(lanes.enter(held(lanes, 3, 7)), nullptr);
  EXPECT_NE(lanes.enter(held(lanes, 4, 8)), nullptr) << "another aggregate does not wait";
  EXPECT_EQ(lanes.waiting(), 2u);
  EXPECT_EQ(lanes.next(aggregate(7))->job.position, 2);
  EXPECT_EQ(lanes.next(aggregate(7))->job.position, 3);
  EXPECT_EQ(lanes.next(aggregate(7)), nullptr);
  EXPECT_NE(lanes.enter(held(lanes, 5, 7)), nullptr);
}

// A job claimed after the failure and before it is written to the database must not run first.
TEST(Lanes, AFailureBlocksItsAggregateUntilEveryJobOfItIsSettled) {
  Lanes lanes;
  auto first = lanes.enter(held(lanes, 1, 7));
  const auto second = held(lanes, 2, 7);
  lanes.block(aggregate(7), 5s);
  EXPECT_EQ(lanes.blocked_for(aggregate(7)), 5s);
  lanes.settled(*first);
  EXPECT_EQ(lanes.blocked_for(aggregate(7)), 5s);
  EXPECT_EQ(lanes.held_by(claimer(1)), std::vector{uuid(2)});
  EXPECT_TRUE(lanes.held_by(claimer(2)).empty());
  lanes.settled(*second);
  EXPECT_TRUE(lanes.empty());
  EXPECT_TRUE(lanes.held_by(claimer(1)).empty());
  lanes.add(job(3, 7), claimer(1));
  EXPECT_EQ(lanes.blocked_for(aggregate(7)), std::nullopt);
}

Look page(std::string snapshot, std::size_t rows) {
  Look look{.snapshot = std::move(snapshot), .found = {}};
  for (std::size_t i = 1; i <= rows; ++i) look.found.push_back({5, static_cast<std::int64_t>(i)});
  return look;
}

// Rows committed between the pages may have lower transaction ids than the later pages.
TEST(Cursor, AWindowEndsWhereItEndedWhenItsFirstPageWasRead) {
  Cursor cursor;
  EXPECT_TRUE(cursor.advance(page("10:20:12", kLookRows)));
  EXPECT_EQ(cursor.after.position, static_cast<std::int64_t>(kLookRows));
  EXPECT_EQ(cursor.from, "1:1:");
  EXPECT_FALSE(cursor.advance(page("30:40:", 3)));
  EXPECT_EQ(cursor.from, "10:20:12");
  EXPECT_EQ(cursor.after.position, 0);
  EXPECT_FALSE(cursor.advance(page("40:41:", 0)));
  EXPECT_EQ(cursor.from, "40:41:");
}

}  // namespace
}  // namespace souk::jobs
