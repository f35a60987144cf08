// Exponential back-off: the delay after several failures in a row.
// Threading: the functions are pure; a Backoff belongs to one thread.
// Ownership: a Backoff borrows its random source, which outlives it.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/random.h"

namespace souk {

// `min`, doubled with each failure after the first, never above `max`.
// REQUIRES: failures >= 1, min <= max.
template <class Delay>
constexpr Delay exponential_backoff(Delay min, Delay max, std::int64_t failures) {
  constexpr std::int64_t kMaxDoublings = 64;  // of one nanosecond: longer than any maximum
  Delay delay = std::min(min, max);
  for (std::int64_t i = 1; i < std::min(failures, kMaxDoublings); ++i) {
    if (delay > max / 2) return max;
    delay *= 2;
  }
  return delay;
}

// Between half of `delay` and all of it, so that clients that failed together do not retry together
// ("equal jitter", M. Brooker, AWS Architecture Blog, 2015). `random` is uniform.
template <class Delay>
constexpr Delay with_jitter(Delay delay, std::uint64_t random) {
  const auto spread = static_cast<std::uint64_t>((delay - delay / 2).count()) + 1;
  return delay / 2 + Delay(static_cast<typename Delay::rep>(random % spread));
}

// Both, for one server that is retried until it answers.
class Backoff {
 public:
  using Delay = std::chrono::milliseconds;

  Backoff(Random& random, Delay min, Delay max) : random_(random), min_(min), max_(max) {}

  // The delay after one more failure.
  Delay next() { return with_jitter(exponential_backoff(min_, max_, ++failures_), random_.next()); }
  void reset() { failures_ = 0; }

 private:
  Random& random_;
  const Delay min_;
  const Delay max_;
  int failures_ = 0;
};

}  // namespace souk
