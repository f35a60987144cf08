// Whether an endpoint is asked: after failures in a row it is left alone for a while, then one
// delivery is let through to see whether it is back.
// Threading: loop thread only. Ownership: borrows the random source, which outlives it.
#pragma once

#include <algorithm>
#include <chrono>
#include <utility>

#include "runtime/breaker.h"
#include "webhooks/types.h"

namespace souk::webhooks {

class Circuit {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::steady_clock::duration kLeastWait = std::chrono::milliseconds(500);

  Circuit(const Config& config, Random& random)
      : breaker_(config.breaker_threshold), pause_(random, config.min_pause, config.max_pause) {}

  bool open() const { return breaker_.open(); }
  // Where it says yes, succeeded() or failed() follows.
  bool admit(Time now) {
    if (!open()) return true;
    if (probing_ || now < next_probe_) return false;
    probing_ = true;
    return true;
  }
  // Where it said no: when to ask again.
  std::chrono::milliseconds retry_in(Time now) const {
    return std::chrono::ceil<std::chrono::milliseconds>(std::max(next_probe_ - now, kLeastWait));
  }
  void succeeded() {
    probing_ = false;
    breaker_.close();
    pause_.reset();
  }
  void failed(Time now) {
    const bool probed = std::exchange(probing_, false);
    if (breaker_.failed() || probed) next_probe_ = now + pause_.next();
  }

 private:
  runtime::Breaker breaker_;
  runtime::Backoff pause_;
  Time next_probe_{};
  bool probing_ = false;
};

}  // namespace souk::webhooks
