#include "payments/metrics.h"

namespace souk::payments {

std::span<const telemetry::MetricSpec* const> metric_specs() {
  static constexpr std::array kSpecs = {&kProviderCalls, &kProviderDuration, &kChanges, &kResumed,
                                        &kEvents};
  return kSpecs;
}

Metrics::Metrics(telemetry::Registry& registry) : resumed_(registry.counter(kResumed)) {
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const auto step = rules::kStepNames[i];
    steps_[i] = {.answered = &registry.counter(kProviderCalls, {step, "answered"}),
                 .unanswered = &registry.counter(kProviderCalls, {step, "unanswered"}),
                 .duration = &registry.histogram(kProviderDuration, {step})};
  }
  for (std::size_t i = 0; i < changes_.size(); ++i) {
    changes_[i] = &registry.counter(kChanges, {kStatusNames[i]});
  }
  for (std::size_t i = 0; i < events_.size(); ++i) {
    events_[i] = &registry.counter(kEvents, {kEventOutcomeNames[i]});
  }
}

void Metrics::answered(rules::Step step, std::chrono::steady_clock::duration elapsed) {
  step_of(step).answered->increment();
  step_of(step).duration->observe(elapsed);
}

}  // namespace souk::payments
