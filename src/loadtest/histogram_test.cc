#include "loadtest/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.h"

namespace souk::loadtest {
namespace {

using namespace std::chrono_literals;

// Log-normal with a heavy tail, as latencies are: 1 us to tens of seconds.
std::vector<std::uint64_t> latencies(std::size_t n, std::uint64_t seed) {
  SeededRandom random(seed);
  std::vector<std::uint64_t> values(n);
  for (auto& value : values) {
    const double normal =
        std::sqrt(-2 * std::log(1 - random.unit())) * std::cos(6.283185307179586 * random.unit());
    value = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(std::exp(7 + 2.5 * normal)), 1,
                                      60'000'000);
  }
  return values;
}

std::uint64_t exact_percentile(const std::vector<std::uint64_t>& sorted, double share) {
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

TEST(Histogram, PercentilesAreWithinOnePercentAboveTheExactOnes) {
  auto values = latencies(200'000, 1);
  Histogram histogram;
  for (const auto us : values) histogram.record(std::chrono::microseconds(us));
  std::ranges::sort(values);
  for (const double share : {0.001, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999, 0.99999, 1.0}) {
    const auto exact = static_cast<double>(exact_percentile(values, share));
    const auto measured = static_cast<double>(histogram.percentile(share).count());
    EXPECT_GE(measured, exact) << share;
    EXPECT_LE(measured, exact * 1.01) << share;
  }
  EXPECT_EQ(histogram.max().count(), static_cast<std::int64_t>(values.back()));
}

TEST(Histogram, SmallValuesAreExact) {
  Histogram histogram;
  for (int us = 1; us <= 100; ++us) histogram.record(std::chrono::microseconds(us));
  EXPECT_EQ(histogram.percentile(0.5), 50us);
  EXPECT_EQ(histogram.percentile(0.99), 99us);
  EXPECT_DOUBLE_EQ(histogram.mean().count(), 50.5);
}

TEST(Histogram, NothingRecordedReadsAsZero) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.percentile(0.99), 0us);
}

TEST(Histogram, KeepsTheExactMaximumOfWhatIsBeyondItsRange) {
  Histogram histogram;
  histogram.record(10min);
  histogram.record(0ns);
  EXPECT_EQ(histogram.max(), 10min);
  EXPECT_EQ(histogram.percentile(0.5), 1us);
  EXPECT_EQ(histogram.percentile(1).count(),
            static_cast<std::int64_t>(Histogram::kMaxMicroseconds));
}

TEST(Histogram, MergingEqualsRecordingInOne) {
  Histogram one;
  Histogram other;
  Histogram all;
  for (const auto us : latencies(10'000, 2)) {
    (us % 3 == 0 ? one : other).record(std::chrono::microseconds(us));
    all.record(std::chrono::microseconds(us));
  }
  one.add(other);
  EXPECT_EQ(one.count(), all.count());
  EXPECT_EQ(one.max(), all.max());
  EXPECT_DOUBLE_EQ(one.mean().count(), all.mean().count());
  for (const double share : {0.5, 0.99}) EXPECT_EQ(one.percentile(share), all.percentile(share));
}

TEST(Histogram, SubtractingACopyLeavesWhatCameSince) {
  Histogram histogram;
  histogram.record(5s);
  const Histogram earlier = histogram;
  histogram.record(100us);
  Histogram since = histogram;
  since.subtract(earlier);
  EXPECT_EQ(since.count(), 1u);
  EXPECT_EQ(since.percentile(1), 100us);
}

TEST(Histogram, ListsTheBucketsThatAreNotEmpty) {
  Histogram histogram;
  histogram.record(5us);
  histogram.record(5us);
  histogram.record(257us);
  const std::vector<std::pair<std::uint64_t, std::uint64_t>> expected = {{5, 2}, {257, 1}};
  EXPECT_EQ(histogram.buckets(), expected);
}

}  // namespace
}  // namespace souk::loadtest
