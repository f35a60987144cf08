// Gunther's universal scalability law, fitted to throughput measured at several concurrencies:
//
//   X(N) = lambda N / (1 + sigma (N - 1) + kappa N (N - 1))
//
// lambda is the throughput of one, sigma the share of the work that waits in line, kappa the cost
// of keeping each pair coherent (N. J. Gunther, Guerrilla Capacity Planning, chapter 4).
// Threading: pure functions.
#pragma once

#include <optional>
#include <span>

#include "base/error.h"
#include "loadtest/comparison.h"

namespace souk::capacity {

using loadtest::Estimate;

struct Throughput {
  double concurrency = 0;
  double per_second = 0;
};

// Intervals are those of Student's t, with the residuals' degrees of freedom.
struct Scalability {
  Estimate lambda;
  Estimate sigma;  // may be below zero, as kappa: an interval that spans it says "none was seen"
  Estimate kappa;
  double noise = 0;  // relative standard deviation of one measurement around the law
  double degrees = 0;

  double at(double concurrency) const;
  // Of the throughput at its highest, beyond which more concurrency serves less. Nothing when kappa
  // is not certainly above zero: then the data say nothing of what is beyond them.
  std::optional<Estimate> peak_concurrency() const;
  // How far the mean of `repeats` measurements may be from what it estimates, as a share of it.
  double error_of_mean(std::size_t repeats, double confidence) const;
};

// Linear least squares of N / X(N), weighted so that the relative errors of X are alike. Errors:
// precondition_failed, for fewer than three concurrencies, as many measurements as parameters, or a
// throughput of zero.
Result<Scalability> fit_scalability(std::span<const Throughput> measured, double confidence);

struct Line {
  Estimate intercept;
  Estimate slope;
};
// Ordinary least squares. Errors: precondition_failed, for fewer than three points or a single x.
struct Sample {
  double x = 0;
  double y = 0;
};
Result<Line> fit_line(std::span<const Sample> samples, double confidence);

}  // namespace souk::capacity
