// What payments count. Cells belong to one worker.
// Threading: Metrics belongs to one worker. Ownership: borrows the registry.
#pragma once

#include <array>
#include <chrono>
#include <span>

#include "payments/rules.h"
#include "telemetry/log.h"
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
        "Messages of the payment provider by outcome: applied, replayed, ignored (old news), "
        "contradicting (see souk_payments_contradictions_total), malformed, forged, stale.",
    .type = telemetry::MetricType::kCounter,
    .labels = {"outcome"}};

inline constexpr telemetry::MetricSpec kContradictions{
    .name = "souk_payments_contradictions_total",
    .help =
        "Words of a payment provider that contradict the books here, by kind: status (money that "
        "appeared or vanished), amount, currency, reference, unknown_payment (not known here), "
        "unknown_charge (not known there).",
    .type = telemetry::MetricType::kCounter,
    .labels = {"kind"}};
inline constexpr telemetry::MetricSpec kFailures{
    .name = "souk_payments_failures_total",
    .help =
        "Payments left to be taken up again, by cause: provider (no answer of use), books (its "
        "answer could not be written down), defect.",
    .type = telemetry::MetricType::kCounter,
    .labels = {"cause"}};
inline constexpr telemetry::MetricSpec kWaiting{
    .name = "souk_payments_waiting",
    .help =
        "Payments that were taken up in vain so far, by state: unsettled (the provider has not "
        "done what is wanted), disagreeing (its books contradict these).",
    .type = telemetry::MetricType::kGauge,
    .labels = {"state"}};
inline constexpr telemetry::MetricSpec kWaitingTime{
    .name = "souk_payments_longest_waiting_seconds",
    .help = "Time since the last change of the one that waits longest, by state.",
    .type = telemetry::MetricType::kGauge,
    .labels = {"state"}};

std::span<const telemetry::MetricSpec* const> metric_specs();

enum class EventOutcome : std::uint8_t {
  kApplied,
  kReplayed,
  kIgnored,
  kContradicting,
  kMalformed,
  kForged,
  kStale,
};
inline constexpr std::array<std::string_view, 7> kEventOutcomeNames = {
    "applied", "replayed", "ignored", "contradicting", "malformed", "forged", "stale"};

enum class FailureCause : std::uint8_t { kProvider, kBooks, kDefect };
inline constexpr std::array<std::string_view, 3> kFailureCauseNames = {"provider", "books",
                                                                       "defect"};

class Metrics {
 public:
  explicit Metrics(telemetry::Registry& registry);

  void answered(rules::Step step, std::chrono::steady_clock::duration elapsed);
  void unanswered(rules::Step step) { step_of(step).unanswered->increment(); }
  void changed(Status status) { changes_[static_cast<std::size_t>(status)]->increment(); }
  void resumed(std::size_t count) { resumed_.add(static_cast<double>(count)); }
  void contradicted(rules::Contradiction kind) {
    contradictions_[static_cast<std::size_t>(kind)]->increment();
  }
  void failed(FailureCause cause) { failures_[static_cast<std::size_t>(cause)]->increment(); }
  void waiting(const Waiting& waiting);
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
  std::array<telemetry::Counter*, rules::kContradictionNames.size()> contradictions_{};
  std::array<telemetry::Counter*, kFailureCauseNames.size()> failures_{};
  telemetry::Counter& resumed_;
  telemetry::Gauge& unsettled_;
  telemetry::Gauge& disagreeing_;
  telemetry::Gauge& longest_unsettled_;
  telemetry::Gauge& longest_disagreeing_;
};

// What whoever pays or is paid tells of itself.
struct Instruments {
  Metrics& metrics;
  telemetry::Log& log;
};

}  // namespace souk::payments
