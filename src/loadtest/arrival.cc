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

ArrivalSchedule::ArrivalSchedule(SteadyTime start, double rate_per_second,
                                 std::chrono::nanoseconds ramp_up, Spacing spacing, double phase,
                                 std::uint64_t seed)
    : start_(start),
      rate_(rate_per_second),
      ramp_seconds_(std::chrono::duration<double>(ramp_up).count()),
      spacing_(spacing),
      random_(seed),
      expected_(spacing == Spacing::kConstant ? phase - 1 : 0) {}

SteadyTime ArrivalSchedule::next() {
  // A Poisson process in the time of its own cumulative rate, mapped back to the clock: during the
  // ramp-up the cumulative rate is rate * t^2 / (2 * ramp), afterwards it grows evenly.
  expected_ += spacing_ == Spacing::kPoisson ? exponential(random_) : 1;
  const double due_in_ramp = rate_ * ramp_seconds_ / 2;
  const double seconds = expected_ < due_in_ramp
                             ? std::sqrt(2 * ramp_seconds_ * expected_ / rate_)
                             : ramp_seconds_ + (expected_ - due_in_ramp) / rate_;
  return start_ +
         std::chrono::round<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds));
}

}  // namespace souk::loadtest
