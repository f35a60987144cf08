#include "statistics/sums.h"

#include <gtest/gtest.h>

#include <limits>

#include "orders/events.h"

namespace souk::statistics {
namespace {

constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::chrono::sys_days kDay = std::chrono::year(2026) / 1 / 31;

Uuid id(int number) {
  Uuid id;
  id.bytes[15] = static_cast<std::uint8_t>(number);
  return id;
}

Counted placed(int event, std::int64_t price, std::string_view currency = "EUR") {
  const auto money = Currency::parse(currency).value();
  return {.event = id(event),
          .what = What::kPlaced,
          .day = kDay,
          .order = {.id = {},
                    .user_id = {},
                    .status = orders::Status::kPending,
                    .order_date = {},
                    .total = {price, money},
                    .items = {{ProductId{id(1)}, "P", 2, {price / 2, money}}}},
          .amount = price};
}

TEST(StatisticsSums, CountWhatIsFreshAndThatOnce) {
  const std::vector<Counted> events = {placed(1, 100), placed(2, 10), placed(1, 100)};
  const auto sums = sum_up(events, {id(3), id(1)});
  ASSERT_EQ(sums.days.size(), 1u);
  EXPECT_EQ(sums.days.begin()->second.events[0], 1);
  EXPECT_EQ(sums.days.begin()->second.amounts[0], 100);
  ASSERT_EQ(sums.products.size(), 1u);
  EXPECT_EQ(sums.products.begin()->second.units, 2);
}

TEST(StatisticsSums, KeepCurrenciesAndDaysApart) {
  std::vector<Counted> events = {placed(1, 100), placed(2, 100, "USD"), placed(3, 100)};
  events[2].day += std::chrono::days(1);
  EXPECT_EQ(sum_up(events, {id(1), id(2), id(3)}).days.size(), 3u);
}

TEST(StatisticsSums, OnlyWhatIsPlacedSellsUnits) {
  auto paid = placed(1, 100);
  paid.what = What::kPaid;
  const auto sums = sum_up({&paid, 1}, {id(1)});
  EXPECT_EQ(sums.days.begin()->second.events[1], 1);
  EXPECT_TRUE(sums.products.empty());
}

TEST(StatisticsSums, StayAtTheEndOf64Bits) {
  auto huge = placed(1, kMost);
  huge.order.items[0].unit_price.amount = kMost;
  const std::vector<Counted> events = {huge, placed(2, 100)};
  const auto sums = sum_up(events, {id(1), id(2)});
  EXPECT_EQ(sums.days.begin()->second.amounts[0], kMost);
  EXPECT_EQ(sums.products.begin()->second.revenue, kMost);
}

// An order of 100 that is refunded in two parts counts as one refund of 100.
TEST(StatisticsSums, AddUpTheRefundsOfAnOrderAndCountItOnce) {
  const auto order = placed(1, 100).order;
  std::vector<Counted> events;
  for (const auto& [type, amount] :
       {std::pair(orders::kPartiallyRefunded, 30), std::pair(kEvents[3], 70)}) {
    const orders::EventDetails details{.returned = Money{amount, order.total.currency}};
    events.push_back(read_counted({.id = id(static_cast<int>(events.size())),
                                   .type = std::string(type),
                                   .created_at = kDay,
                                   .data = orders::event_payload(order, details)})
                         .value());
  }
  const auto sums = sum_up(events, {id(0), id(1)});
  EXPECT_EQ(sums.days.begin()->second.events[3], 1);
  EXPECT_EQ(sums.days.begin()->second.amounts[3], 100);
}

TEST(StatisticsSums, ReadWhatTheyCount) {
  jobs::Event event{.id = id(1),
                    .type = "order.paid",
                    .created_at = kDay + std::chrono::hours(23),
                    .data = orders::event_payload(placed(1, 100).order)};
  const auto counted = read_counted(event).value();
  EXPECT_EQ(counted.what, What::kPaid);
  EXPECT_EQ(counted.day, kDay);
  event.type = "order.shipped";
  EXPECT_FALSE(read_counted(event));
}

}  // namespace
}  // namespace souk::statistics
