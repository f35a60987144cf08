#include "capacity/scalability.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "base/random.h"

namespace souk::capacity {
namespace {

constexpr std::array<double, 7> kConcurrencies = {1, 2, 4, 8, 16, 32, 64};

struct Truth {
  double lambda, sigma, kappa;
  double at(double n) const { return lambda * n / (1 + sigma * (n - 1) + kappa * n * (n - 1)); }
};

// Box and Muller.
double normal(SeededRandom& random) {
  const double radius = std::sqrt(-2 * std::log(1 - random.unit()));
  return radius * std::cos(2 * std::numbers::pi * random.unit());
}

std::vector<Throughput> simulate(const Truth& truth, double noise, SeededRandom& random) {
  std::vector<Throughput> measured;
  for (int repeat = 0; repeat < 2; ++repeat) {
    for (const double n : kConcurrencies) {
      measured.push_back({n, truth.at(n) * std::exp(noise * normal(random))});
    }
  }
  return measured;
}

TEST(Scalability, ExactDataGiveBackTheirParameters) {
  const Truth truth{1'200, 0.04, 0.0008};
  SeededRandom random(1);
  const auto fit = fit_scalability(simulate(truth, 0, random), 0.95);
  ASSERT_TRUE(fit.has_value());
  EXPECT_NEAR(fit->lambda.value, truth.lambda, 1e-6);
  EXPECT_NEAR(fit->sigma.value, truth.sigma, 1e-9);
  EXPECT_NEAR(fit->kappa.value, truth.kappa, 1e-9);
  EXPECT_LT(fit->noise, 1e-6);
  EXPECT_NEAR(fit->at(16), truth.at(16), 1e-6);
  const auto peak = fit->peak_concurrency();
  ASSERT_TRUE(peak.has_value());
  EXPECT_NEAR(peak->value, std::sqrt(0.96 / 0.0008), 1e-3);  // Gunther's N*
}

TEST(Scalability, NineteenOfTwentyIntervalsHoldTheTruth) {
  const Truth truth{1'000, 0.05, 0.001};
  constexpr int kTrials = 1'000;
  std::array<int, 3> held{};
  const auto holds = [](const Estimate& estimate, double value) {
    return estimate.low <= value && value <= estimate.high ? 1 : 0;
  };
  SeededRandom random(7);
  for (int trial = 0; trial < kTrials; ++trial) {
    const auto fit = fit_scalability(simulate(truth, 0.03, random), 0.95);
    ASSERT_TRUE(fit.has_value());
    held[0] += holds(fit->lambda, truth.lambda);
    held[1] += holds(fit->sigma, truth.sigma);
    held[2] += holds(fit->kappa, truth.kappa);
  }
  for (const int count : held) {
    // Five standard errors of a share of 0.95 are 0.035.
    EXPECT_GT(count, kTrials * 0.915);
    EXPECT_LT(count, kTrials * 0.985);
  }
}

TEST(Scalability, NothingIsExtrapolatedFromDataWithoutCoherenceCost) {
  const Truth linear{1'000, 0.1, 0};
  SeededRandom random(3);
  int certain = 0;
  for (int trial = 0; trial < 200; ++trial) {
    const auto fit = fit_scalability(simulate(linear, 0.05, random), 0.95);
    ASSERT_TRUE(fit.has_value());
    if (fit->peak_concurrency()) ++certain;
  }
  EXPECT_LT(certain, 15);  // a fortieth is expected
}

TEST(Scalability, TheErrorOfAMeanShrinksWithTheRootOfTheRepeats) {
  SeededRandom random(5);
  const auto fit = fit_scalability(simulate({1'000, 0.05, 0.001}, 0.03, random), 0.95);
  ASSERT_TRUE(fit.has_value());
  EXPECT_NEAR(fit->error_of_mean(4, 0.95) * 2, fit->error_of_mean(1, 0.95), 1e-12);
  EXPECT_NEAR(fit->error_of_mean(1, 0.95), 2.201 * fit->noise, 1e-3);  // t of 11 degrees
}

TEST(Scalability, TooFewMeasurementsAreRefused) {
  const std::vector<Throughput> two = {{1, 100}, {1, 101}, {2, 190}, {2, 191}};
  EXPECT_FALSE(fit_scalability(two, 0.95).has_value());
  const std::vector<Throughput> three = {{1, 100}, {2, 190}, {4, 300}};
  EXPECT_FALSE(fit_scalability(three, 0.95).has_value());
  const std::vector<Throughput> silent = {{1, 100}, {2, 190}, {4, 300}, {8, 0}};
  EXPECT_FALSE(fit_scalability(silent, 0.95).has_value());
}

TEST(Line, GivesSlopeAndInterceptWithTheirIntervals) {
  const std::vector<Sample> samples = {{0, 1}, {1, 3}, {2, 5}, {3, 7}};
  const auto exact = fit_line(samples, 0.95);
  ASSERT_TRUE(exact.has_value());
  EXPECT_NEAR(exact->slope.value, 2, 1e-12);
  EXPECT_NEAR(exact->intercept.value, 1, 1e-12);
  const std::vector<Sample> noisy = {{0, 1.5}, {1, 2.5}, {2, 5.5}, {3, 6.5}};
  const auto fit = fit_line(noisy, 0.95);
  ASSERT_TRUE(fit.has_value());
  // By hand: the squares of the residuals are 0.8, their variance 0.4; t of 2 degrees is 4.303.
  EXPECT_NEAR(fit->slope.value, 1.8, 1e-12);
  EXPECT_NEAR(fit->slope.high - fit->slope.value, 4.303 * std::sqrt(0.4 / 5), 1e-3);
  EXPECT_FALSE(fit_line(std::vector<Sample>{{1, 1}, {2, 2}}, 0.95).has_value());
  EXPECT_FALSE(fit_line(std::vector<Sample>{{1, 1}, {1, 2}, {1, 3}}, 0.95).has_value());
}

}  // namespace
}  // namespace souk::capacity
