#include "loadtest/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/assert.h"

namespace souk::loadtest {
namespace {

struct Moments {
  double mean = 0;
  double error = 0;  // the standard error of the mean
};

Moments moments_of(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {mean, std::sqrt(squares / (n - 1) / n)};
}

Moments resampled(std::span<const double> values, std::vector<double>& scratch,
                  SeededRandom& random) {
  scratch.resize(values.size());
  for (auto& value : scratch) value = values[random.below(values.size())];
  return moments_of(scratch);
}

// The interval from the distribution of t = (resampled - value) / its error.
template <class Resample>
Estimate studentised(const Moments& observed, double confidence, Resample&& resample) {
  if (observed.error == 0) return {observed.mean, observed.mean, observed.mean};
  std::vector<double> t;
  t.reserve(kResamples);
  for (int i = 0; i < kResamples; ++i) {
    const Moments again = resample();
    // All values drawn are the same one: no spread, and no statistic.
    if (again.error > 0) t.push_back((again.mean - observed.mean) / again.error);
  }
  std::ranges::sort(t);
  const auto quantile = [&t](double share) {
    const auto rank = static_cast<std::size_t>(share * static_cast<double>(t.size()));
    return t[std::min(rank, t.size() - 1)];
  };
  const double tail = (1 - confidence) / 2;
  return {observed.mean, observed.mean - quantile(1 - tail) * observed.error,
          observed.mean - quantile(tail) * observed.error};
}

std::vector<double> logarithms(std::span<const double> values) {
  std::vector<double> logs;
  for (const double value : values) logs.push_back(std::log(value));
  return logs;
}

Estimate as_change(const Estimate& logarithm) {
  return {std::expm1(logarithm.value), std::expm1(logarithm.low), std::expm1(logarithm.high)};
}

std::string percent(double share) { return fmt::format("{:.2g}", std::abs(share) * 100); }

}  // namespace

Estimate mean_of(std::span<const double> values, double confidence, SeededRandom& random) {
  SOUK_ASSERT(values.size() >= 2);
  std::vector<double> scratch;
  return studentised(moments_of(values), confidence,
                     [&] { return resampled(values, scratch, random); });
}

Estimate difference_of(std::span<const double> before, std::span<const double> after,
                       double confidence, SeededRandom& random) {
  SOUK_ASSERT(before.size() >= 2 && after.size() >= 2);
  const auto difference = [](const Moments& a, const Moments& b) {
    return Moments{b.mean - a.mean, std::hypot(a.error, b.error)};
  };
  std::vector<double> scratch;
  return studentised(difference(moments_of(before), moments_of(after)), confidence, [&] {
    const auto a = resampled(before, scratch, random);
    return difference(a, resampled(after, scratch, random));
  });
}

Estimate change_of_pairs(std::span<const double> before, std::span<const double> after,
                         double confidence, SeededRandom& random) {
  SOUK_ASSERT(before.size() == after.size());
  std::vector<double> ratios;
  for (std::size_t i = 0; i < before.size(); ++i) ratios.push_back(std::log(after[i] / before[i]));
  return as_change(mean_of(ratios, confidence, random));
}

Estimate change_of(std::span<const double> before, std::span<const double> after, double confidence,
                   SeededRandom& random) {
  return as_change(difference_of(logarithms(before), logarithms(after), confidence, random));
}

bool is_certain(const Estimate& change) { return change.low > 0 || change.high < 0; }

std::string sentence(const Estimate& change, std::string_view more, std::string_view less) {
  if (!is_certain(change)) {
    const double largest = std::max(std::abs(change.low), std::abs(change.high));
    if (largest > 1) return "the repeats differ too much to tell";
    return fmt::format("no difference larger than {} % can be seen on this machine",
                       percent(largest));
  }
  const bool is_more = change.value > 0;
  return fmt::format("{} by {} % ({} to {} %)", is_more ? more : less, percent(change.value),
                     percent(is_more ? change.low : change.high),
                     percent(is_more ? change.high : change.low));
}

}  // namespace souk::loadtest
