#include "payments/metrics.h"

namespace souk::payments {

std::span<const telemetry::MetricSpec* const> metric_specs() {
  static constexpr std::array kSpecs = {&kProviderCalls, &kProviderDuration, &kChanges,
                                        &kResumed,       &kEvents,           &kContradictions,
                                        &kFailures,      &kWaiting,          &kWaitingTime};
  return kSpecs;
}

Metrics::Metrics(telemetry::Registry& registry)
    : resumed_(registry.counter(kResumed)),
      unsettled_(registry.gauge(kWaiting, {"unsettled"})),
      disagreeing_(registry.gauge(kWaiting, {"disagreeing"})),
      longest_unsettled_(registry.gauge(kWaitingTime, {"unsettled"})),
      longest_disagreeing_(registry.gauge(kWaitingTime, {"disagreeing"})) {
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
  for (std::size_t i = 0; i < contradictions_.size(); ++i) {
    contradictions_[i] = &registry.counter(kContradictions, {rules::kContradictionNames[i]});
  }
  for (std::size_t i = 0; i < failures_.size(); ++i) {
    failures_[i] = &registry.counter(kFailures, {kFailureCauseNames[i]});
  }
}

void Metrics::waiting(const Waiting& waiting) {
  unsettled_.set(static_cast<double>(waiting.unsettled));
  disagreeing_.set(static_cast<double>(waiting.disagreeing));
  longest_unsettled_.set(waiting.longest_unsettled_seconds);
  longest_disagreeing_.set(waiting.longest_disagreeing_seconds);
}

void Metrics::answered(rules::Step step, std::chrono::steady_clock::duration elapsed) {
  step_of(step).answered->increment();
  step_of(step).duration->observe(elapsed);
}

}  // namespace souk::payments
