// Compares two series of measurements without a verdict from noise: confidence intervals by the
// bootstrap-t (Efron and Tibshirani, An Introduction to the Bootstrap, section 12.5), which keeps
// its coverage with few and skewed values.
// Threading: pure functions; randomness is borrowed per call.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"

namespace souk::loadtest {

inline constexpr int kResamples = 10'000;
inline constexpr std::size_t kFewestRepeats = 10;  // below that the bootstrap's tails are a guess

struct Estimate {
  double value = 0;
  double low = 0;
  double high = 0;
};

// The mean of the values' population. REQUIRES: at least two values; 0 < confidence < 1.
Estimate mean_of(std::span<const double> values, double confidence, SeededRandom& random);
// How much larger the mean of `after`'s population is than that of `before`'s, which were measured
// independently.
Estimate difference_of(std::span<const double> before, std::span<const double> after,
                       double confidence, SeededRandom& random);

// Relative change, e.g. 0.04: of each pair, measured one after the other, or of all together.
// REQUIRES: values above 0; for pairs as many of both.
Estimate change_of_pairs(std::span<const double> before, std::span<const double> after,
                         double confidence, SeededRandom& random);
Estimate change_of(std::span<const double> before, std::span<const double> after, double confidence,
                   SeededRandom& random);

// Whether the interval excludes "no change".
bool is_certain(const Estimate& change);
// "slower by 4 % (2.1 to 6.3 %)"; for what is better when it is larger, "less by ...". "no
// difference larger than 3 % can be seen on this machine".
std::string sentence(const Estimate& change, std::string_view more, std::string_view less);

}  // namespace souk::loadtest
