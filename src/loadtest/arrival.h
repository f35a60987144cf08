// The intended send times of requests. Closed model: a user thinks between an answer and the next
// request, so a slow server gets fewer requests. Open model: requests arrive independently of the
// server, as the public's do.
// Threading: one thread each. Ownership: plain values; randomness is borrowed per call.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/random.h"
#include "loadtest/load_shape.h"

namespace souk::loadtest {

using SteadyTime = std::chrono::steady_clock::time_point;

// Exponentially distributed with this mean, as human pauses are; at most ten times the mean, so
// that no user is idle for a whole short run. Zero stays zero.
std::chrono::nanoseconds think(std::chrono::nanoseconds mean, SeededRandom& random);

enum class Spacing : std::uint8_t { kPoisson, kConstant };

// The open model's schedule: arrivals at the rate that the shape asks for.
class ArrivalSchedule {
 public:
  // Of the arrivals, `share` (above 0, at most 1) are this schedule's. `phase` (0 to 1) shifts
  // constant spacing, so that the schedules of several threads interleave.
  ArrivalSchedule(SteadyTime start, const LoadShape& shape, double share, Spacing spacing,
                  double phase, std::uint64_t seed);
  // Intended send times, ascending; SteadyTime::max() after the last.
  SteadyTime next();

 private:
  SteadyTime start_;
  LoadShape shape_;
  double share_;
  Spacing spacing_;
  SeededRandom random_;
  double expected_;  // cumulative arrivals by the next one
};

}  // namespace souk::loadtest
