// Decides when to stop asking a server that fails (Nygard, "Release It!": circuit breaker), and how
// long to wait between attempts to find it again.
// Threading: loop thread only. Ownership: Backoff borrows the random source, which outlives it.
#pragma once

#include <algorithm>
#include <chrono>

#include "base/random.h"

namespace souk::runtime {

class Breaker {
 public:
  explicit Breaker(int threshold) : threshold_(threshold) {}

  bool open() const { return failures_ >= threshold_; }
  // True when this failure opened it.
  bool failed() { return !open() && ++failures_ == threshold_; }
  // Of an ordinary command: only a probe closes a breaker that is open.
  void succeeded() {
    if (!open()) failures_ = 0;
  }
  void close() { failures_ = 0; }

 private:
  const int threshold_;
  int failures_ = 0;  // in a row
};

// Doubles from `min` to `max`; each delay is drawn from its upper half, so that the workers of many
// nodes do not come back at once.
class Backoff {
 public:
  using Delay = std::chrono::milliseconds;

  Backoff(Random& random, Delay min, Delay max)
      : random_(random), min_(min), max_(max), next_(min) {}

  Delay next() {
    const auto full = next_;
    next_ = std::min(full * 2, max_);
    const auto half = full.count() / 2;
    return full -
           Delay(static_cast<Delay::rep>(random_.next() % (static_cast<std::uint64_t>(half) + 1)));
  }
  void reset() { next_ = min_; }

 private:
  Random& random_;
  const Delay min_;
  const Delay max_;
  Delay next_;
};

}  // namespace souk::runtime
