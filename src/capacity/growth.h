// When a shop outgrows a machine.
// Threading: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "capacity/scalability.h"

namespace souk::capacity {

// Compound growth, as a share a month.
struct Growth {
  double per_month = 0;

  // What has become of one after that many months.
  double factor(double months) const;
};

// "5%/month", also a week, a quarter or a year; "-2%/year". Errors: invalid_request.
Result<Growth> parse_growth(std::string_view text);

// Months until `now` has become `capacity`: 0 when it has already, nothing when it never will.
std::optional<double> months_until(double now, double capacity, const Growth& growth);

// What a request costs, and how often a user makes one.
struct Costs {
  Estimate shop_seconds;  // of CPU, for a request of the mix
  Estimate postgres_seconds;
  Estimate redis_seconds;
  double cycle_seconds = 0;  // from a user's request to the next: think time and latency
};

// Users whose requests keep one core busy; the interval is that of the cost.
Estimate users_of_a_core(const Estimate& cpu_seconds, double cycle_seconds);

// The cores that so many users keep busy, by the cost of a request alone.
struct Cores {
  double shop = 0;
  double postgres = 0;
  double redis = 0;
};
Cores cores_for(double users, const Costs& costs);

}  // namespace souk::capacity
