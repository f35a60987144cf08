// Metrics of payments.
// Threading: Metrics belongs to one worker. Ownership: borrows the registry.
#pragma once

#include <array>
#include <chrono>

#include "payments/rules.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace souk::payments {

struct MetricTable {
  telemetry::CounterSpec provider_calls{
      "souk_payments_provider_calls_total",
      "Calls to the payment provider, by call and whether an answer came.",
      {"call", "outcome"}};
  telemetry::HistogramSpec provider_duration{"souk_payments_provider_duration_seconds",
                                             "Duration of calls to the payment provider.",
                                             {"call"}};
  telemetry::CounterSpec changes{
      "souk_payments_changes_total", "Payments that entered a status.", {"status"}};
  telemetry::CounterSpec resumed{"souk_payments_resumed_total",
                                 "Unfinished payments that were resumed."};
  telemetry::CounterSpec resume_failures{"souk_payments_resume_failures_total",
                                         "Failed attempts to look for unfinished payments."};
  telemetry::CounterSpec events{
      "souk_payments_events_total",
      "Messages of the payment provider by outcome: applied, replayed, ignored (late or repeated), "
      "contradicting (see souk_payments_contradictions_total), malformed, forged, stale.",
      {"outcome"}};
  telemetry::CounterSpec contradictions{
      "souk_payments_contradictions_total",
      "Messages and answers of a payment provider that contradict this shop's records, by kind: "
      "status (money appeared or vanished), amount, currency, reference, unknown_payment (unknown "
      "to the shop), unknown_charge (unknown to the provider).",
      {"kind"}};
  telemetry::CounterSpec failures{"souk_payments_failures_total",
                                  "Payments left for a later retry, by cause: provider (no usable "
                                  "answer), books (its answer could not be stored), defect.",
                                  {"cause"}};
  telemetry::GaugeSpec waiting{
      "souk_payments_waiting",
      "Payments that could not be settled so far, by state: unsettled (the provider has not done "
      "what is wanted), disagreeing (its records contradict the shop's).",
      {"state"}};
  telemetry::GaugeSpec waiting_time{
      "souk_payments_longest_waiting_seconds",
      "Time since the last change of the payment that has waited longest, by state.",
      {"state"}};
};
inline constexpr MetricTable kMetrics;

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

struct Metrics {
  void answered(rules::Step step, std::chrono::steady_clock::duration elapsed) {
    answers[step].increment();
    call_time[step].observe(elapsed);
  }
  void waiting(const Waiting& waiting) {
    unsettled.set(static_cast<double>(waiting.unsettled));
    disagreeing.set(static_cast<double>(waiting.disagreeing));
    longest_unsettled.set(waiting.longest_unsettled_seconds);
    longest_disagreeing.set(waiting.longest_disagreeing_seconds);
  }

  telemetry::Registry& registry;
  telemetry::CountersBy<rules::Step, rules::kStepNames> answers{registry, kMetrics.provider_calls,
                                                                "answered"};
  telemetry::CountersBy<rules::Step, rules::kStepNames> unanswered{
      registry, kMetrics.provider_calls, "unanswered"};
  telemetry::HistogramsBy<rules::Step, rules::kStepNames> call_time{registry,
                                                                    kMetrics.provider_duration};
  telemetry::CountersBy<Status, kStatusNames> changes{registry, kMetrics.changes};
  telemetry::CountersBy<EventOutcome, kEventOutcomeNames> events{registry, kMetrics.events};
  telemetry::CountersBy<rules::Contradiction, rules::kContradictionNames> contradictions{
      registry, kMetrics.contradictions};
  telemetry::CountersBy<FailureCause, kFailureCauseNames> failures{registry, kMetrics.failures};
  telemetry::Counter& resumed = registry.cell(kMetrics.resumed);
  telemetry::Gauge& unsettled = registry.cell(kMetrics.waiting, {"unsettled"});
  telemetry::Gauge& disagreeing = registry.cell(kMetrics.waiting, {"disagreeing"});
  telemetry::Gauge& longest_unsettled = registry.cell(kMetrics.waiting_time, {"unsettled"});
  telemetry::Gauge& longest_disagreeing = registry.cell(kMetrics.waiting_time, {"disagreeing"});
};

// The instruments of code that handles payments.
struct Instruments {
  Metrics& metrics;
  telemetry::Log& log;
};

}  // namespace souk::payments
