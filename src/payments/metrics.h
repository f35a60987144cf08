// What payments count. Cells belong to one worker.
// Threading: Metrics belongs to one worker. Ownership: borrows the registry.
#pragma once

#include <array>
#include <chrono>
#include <span>

#include "payments/rules.h"
#include "telemetry/metrics.h"

namespace souk::payments {

inline constexpr telemetry::MetricSpec kProviderCalls{
    .name = "souk_payments_provider_calls_total",
    .help = "Calls to the payment provider, by call and whether an answer came.",
    .type = telemetry::MetricType::kCounter,
    .labels = {"call", "outcome"}};
inline constexpr telemetry::MetricSpec kProviderDuration{
    .name = "souk_payments_provider_duration_seconds",
    .help = "Time calls to the payment provider took.",
    .type = telemetry::MetricType::kHistogram,
    .labels = {"call"}};
inline constexpr telemetry::MetricSpec kChanges{.name = "souk_payments_changes_total",
                                                .help = "Payments that came into a status.",
                                                .type = telemetry::MetricType::kCounter,
                                                .labels = {"status"}};
inline constexpr telemetry::MetricSpec kResumed{
    .name = "souk_payments_resumed_total",
    .help = "Payments left in the middle that were taken up again.",
    .type = telemetry::MetricType::kCounter};
inline constexpr telemetry::MetricSpec kEvents{
    .name = "souk_payments_events_total",
    .help =
        "Messages of the payment provider by outcome: applied, replayed, ignored (old news, or of "
        "no payment of ours), malformed, forged, stale.",
    .type = telemetry::MetricType::kCounter,
    .labels = {"outcome"}};

std::span<const telemetry::MetricSpec* const> metric_specs();

enum class EventOutcome : std::uint8_t {
  kApplied,
  kReplayed,
  kIgnored,
  kMalformed,
  kForged,
  kStale,
};
inline constexpr std::array<std::string_view, 6> kEventOutcomeNames = {
    "applied", "replayed", "ignored", "malformed", "forged", "stale"};

class Metrics {
 public:
  explicit Metrics(telemetry::Registry& registry);

  void answered(rules::Step step, std::chrono::steady_clock::duration elapsed);
  void unanswered(rules::Step step) { step_of(step).unanswered->increment(); }
  void changed(Status status) { changes_[static_cast<std::size_t>(status)]->increment(); }
  void resumed(std::size_t count) { resumed_.add(static_cast<double>(count)); }
  void event(EventOutcome outcome) { events_[static_cast<std::size_t>(outcome)]->increment(); }

 private:
  struct OfStep {
    telemetry::Counter* answered;
    telemetry::Counter* unanswered;
    telemetry::Histogram* duration;
  };
  OfStep& step_of(rules::Step step) { return steps_[static_cast<std::size_t>(step)]; }

  std::array<OfStep, rules::kStepNames.size()> steps_{};
  std::array<telemetry::Counter*, kStatusNames.size()> changes_{};
  std::array<telemetry::Counter*, kEventOutcomeNames.size()> events_{};
  telemetry::Counter& resumed_;
};

}  // namespace souk::payments
