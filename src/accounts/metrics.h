// What accounts counts.
#pragma once

#include "telemetry/metrics.h"

namespace souk::accounts {

struct MetricTable {
  telemetry::CounterSpec sign_ins{
      "souk_accounts_sign_ins_total",
      "Tries to sign in, by outcome: succeeded, wrong_password, delayed (429, because of wrong "
      "passwords before), not_checked (too many passwords were waiting).",
      {"outcome"}};
  telemetry::CounterSpec registrations{
      "souk_accounts_registrations_total",
      "Registrations with a valid body, by outcome: admitted, delayed (429, because of others from "
      "their network before).",
      {"outcome"}};
  telemetry::CounterSpec failure_counts_evicted{
      "souk_accounts_failure_counts_evicted_total",
      "Counts of wrong passwords and registrations that made room for others."};
};
inline constexpr MetricTable kMetrics;

}  // namespace souk::accounts
