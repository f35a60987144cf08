#include "loadtest/arrival.h"

#include <algorithm>
#include <cmath>

namespace souk::loadtest {
namespace {

constexpr double kLongestThink = 10;  // times the mean

double exponential(SeededRandom& random) { return -std::log(1 - random.unit()); }

}  // namespace

std::chrono::nanoseconds think(std::chrono::nanoseconds mean, SeededRandom& random) {
  return std::chrono::round<std::chrono::nanoseconds>(
      std::chrono::duration<double, std::nano>(mean) *
      std::min(exponential(random), kLongestThink));
}

ArrivalSchedule::ArrivalSchedule(SteadyTime start, const LoadShape& shape, double share,
                                 Spacing spacing, double phase, std::uint64_t seed)
    : start_(start),
      shape_(shape),
      share_(share),
      spacing_(spacing),
      random_(seed),
      expected_(spacing == Spacing::kConstant ? phase - 1 : 0) {}

SteadyTime ArrivalSchedule::next() {
  // A Poisson process in the time of its own cumulative rate, mapped back to the clock.
  expected_ += spacing_ == Spacing::kPoisson ? exponential(random_) : 1;
  const auto due = shape_.when_arrived(expected_ / share_);
  return due ? start_ + *due : SteadyTime::max();
}

}  // namespace souk::loadtest
