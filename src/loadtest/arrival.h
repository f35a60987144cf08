// When requests are meant to be sent. Closed model: a user thinks between an answer and the next
// request, so a slow server is asked less. Open model: requests arrive whatever the server does,
// as the public does.
// Threading: one thread each. Ownership: plain values, randomness is borrowed per call.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/random.h"

namespace souk::loadtest {

using SteadyTime = std::chrono::steady_clock::time_point;

// Exponentially distributed with this mean, as waits of people are; at most ten times the mean, so
// that nobody sleeps through a short run. Zero stays zero.
std::chrono::nanoseconds think(std::chrono::nanoseconds mean, SeededRandom& random);

enum class Spacing : std::uint8_t { kPoisson, kConstant };

// The open model's schedule: the rate rises evenly from zero over the ramp-up and then stays.
class ArrivalSchedule {
 public:
  // REQUIRES: rate_per_second > 0. `phase` (0 to 1) shifts constant spacing, so that the schedules
  // of several threads interleave.
  ArrivalSchedule(SteadyTime start, double rate_per_second, std::chrono::nanoseconds ramp_up,
                  Spacing spacing, double phase, std::uint64_t seed);
  // Intended send times, ascending.
  SteadyTime next();

 private:
  SteadyTime start_;
  double rate_;
  double ramp_seconds_;
  Spacing spacing_;
  SeededRandom random_;
  double expected_;  // how many arrivals the rate has made due by the next one
};

}  // namespace souk::loadtest
