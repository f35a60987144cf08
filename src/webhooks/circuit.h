// An endpoint's circuit breaker: after failures in a row no delivery is admitted for a while, then
// one probe.
// Threading: loop thread only. Ownership: borrows the random source, which outlives it.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "base/backoff.h"
#include "runtime/breaker.h"
#include "webhooks/types.h"

namespace souk::webhooks {

class Circuit {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::steady_clock::duration kLeastWait = std::chrono::milliseconds(500);

  Circuit(const Config& config, Random& random)
      : breaker_(config.breaker_threshold), pause_(random, config.min_pause, config.max_pause) {}

  // Permission for one delivery. Without succeeded() or failed() it changes nothing: if it was the
  // probe, the next delivery is. Must be destroyed before the circuit.
  class Pass {
   public:
    Pass(Pass&& other) noexcept
        : circuit_(std::exchange(other.circuit_, nullptr)), is_probe_(other.is_probe_) {}
    Pass& operator=(Pass&&) = delete;
    ~Pass() {
      if (circuit_ != nullptr && is_probe_) circuit_->probing_ = false;
    }
    void succeeded() {
      circuit_->breaker_.close();
      circuit_->pause_.reset();
    }
    void failed(Time now) {
      const bool opened = circuit_->breaker_.failed();
      if (opened || is_probe_) circuit_->next_probe_ = now + circuit_->pause_.next();
    }

   private:
    friend Circuit;
    Pass(Circuit& circuit, bool is_probe) : circuit_(&circuit), is_probe_(is_probe) {
      if (is_probe) circuit.probing_ = true;
    }
    Circuit* circuit_;  // null: moved from
    const bool is_probe_;
  };

  bool open() const { return breaker_.open(); }
  std::optional<Pass> admit(Time now) {
    if (!open()) return Pass(*this, false);
    if (probing_ || now < next_probe_) return std::nullopt;
    return Pass(*this, true);
  }
  // After a refusal: when to try again.
  std::chrono::milliseconds retry_in(Time now) const {
    return std::chrono::ceil<std::chrono::milliseconds>(std::max(next_probe_ - now, kLeastWait));
  }

 private:
  runtime::Breaker breaker_;
  Backoff pause_;
  Time next_probe_{};
  bool probing_ = false;
};

}  // namespace souk::webhooks
