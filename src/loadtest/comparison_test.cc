#include "loadtest/comparison.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numbers>

namespace souk::loadtest {
namespace {

constexpr double kConfidence = 0.95;

// By Box and Muller.
double normal(SeededRandom& random) {
  return std::sqrt(-2 * std::log(1 - random.unit())) *
         std::cos(2 * std::numbers::pi * random.unit());
}

TEST(Comparison, AKnownSampleHasItsMeanAndTheIntervalOfStudent) {
  // Mean 10, standard error 0.5774: Student's interval with 9 degrees of freedom is 8.69 to 11.31;
  // the bootstrap's is near it, since the values are symmetric.
  const std::array<double, 10> values = {8, 9, 10, 11, 12, 7, 13, 10, 9, 11};
  SeededRandom random(1);
  const auto estimate = mean_of(values, kConfidence, random);
  EXPECT_DOUBLE_EQ(estimate.value, 10);
  EXPECT_NEAR(estimate.low, 8.69, 0.15);
  EXPECT_NEAR(estimate.high, 11.31, 0.15);
}

TEST(Comparison, ValuesWithoutSpreadHaveNoInterval) {
  const std::array<double, 5> same = {3, 3, 3, 3, 3};
  SeededRandom random(1);
  const auto estimate = mean_of(same, kConfidence, random);
  EXPECT_EQ(estimate.low, 3);
  EXPECT_EQ(estimate.high, 3);
}

// The share of `rounds` experiments of ten values each whose interval holds the true mean.
template <class Draw>
double coverage(double truth, double confidence, Draw&& draw) {
  constexpr int kRounds = 400;
  SeededRandom random(7);
  int held = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::array<double, 10> values{};
    for (auto& value : values) value = draw(random);
    const auto estimate = mean_of(values, confidence, random);
    if (estimate.low <= truth && truth <= estimate.high) ++held;
  }
  return static_cast<double>(held) / kRounds;
}

// 95 % of 400 is 95 +- 1.1 % (one standard deviation).
TEST(Comparison, TheIntervalHoldsTheTruthAsOftenAsItClaims) {
  EXPECT_NEAR(coverage(5, kConfidence, [](SeededRandom& r) { return 5 + normal(r); }), 0.95, 0.035);
  // Skewed, as latencies are: log-normal with mean exp(1/8).
  EXPECT_NEAR(coverage(std::exp(0.125), kConfidence,
                       [](SeededRandom& r) { return std::exp(normal(r) / 2); }),
              0.95, 0.035);
  EXPECT_GE(coverage(0, 0.99, normal), 0.97);
}

struct Repeats {
  std::array<double, 10> before{};
  std::array<double, 10> after{};
};

// Latencies on a machine whose speed drifts by 10 % from pair to pair, with noise of 1.5 % in each.
Repeats measured(SeededRandom& random, double factor) {
  Repeats repeats;
  for (std::size_t i = 0; i < repeats.before.size(); ++i) {
    const double drift = std::exp(0.1 * normal(random));
    repeats.before[i] = 1000 * drift * std::exp(0.015 * normal(random));
    repeats.after[i] = factor * 1000 * drift * std::exp(0.015 * normal(random));
  }
  return repeats;
}

TEST(Comparison, TenComparisonsOfTheSameFindNothing) {
  SeededRandom random(11);
  for (int i = 0; i < 10; ++i) {
    const auto repeats = measured(random, 1);
    EXPECT_FALSE(is_certain(change_of_pairs(repeats.before, repeats.after, 0.99, random)));
  }
}

TEST(Comparison, FivePercentAreFoundInPairsAlthoughTheMachineDriftsByTen) {
  SeededRandom random(13);
  for (int i = 0; i < 10; ++i) {
    const auto repeats = measured(random, 1.05);
    const auto pairs = change_of_pairs(repeats.before, repeats.after, 0.99, random);
    EXPECT_GT(pairs.low, 0);
    EXPECT_LT(pairs.low, 0.05);
    EXPECT_GT(pairs.high, 0.05);
    EXPECT_FALSE(is_certain(change_of(repeats.before, repeats.after, 0.99, random)))
        << "without pairs the drift hides it";
  }
}

TEST(Comparison, SaysWhatItFoundInASentence) {
  EXPECT_EQ(sentence({0.04, 0.021, 0.063}, "slower", "faster"), "slower by 4 % (2.1 to 6.3 %)");
  EXPECT_EQ(sentence({-0.1, -0.12, -0.08}, "slower", "faster"), "faster by 10 % (8 to 12 %)");
  EXPECT_EQ(sentence({0.01, -0.01, 0.03}, "slower", "faster"),
            "no difference larger than 3 % can be seen on this machine");
  EXPECT_EQ(sentence({0.01, -0.9, 4}, "slower", "faster"), "the repeats differ too much to tell");
}

}  // namespace
}  // namespace souk::loadtest
