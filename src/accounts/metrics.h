// What accounts counts.
#pragma once

#include <span>

#include "telemetry/metrics.h"

namespace souk::accounts {

inline constexpr telemetry::MetricSpec kSignIns{
    .name = "souk_accounts_sign_ins_total",
    .help =
        "Tries to sign in, by outcome: succeeded, wrong_password, delayed (429, because of "
        "wrong passwords before), not_checked (too many passwords were waiting).",
    .type = telemetry::MetricType::kCounter,
    .labels = {"outcome"}};
inline constexpr telemetry::MetricSpec kRegistrations{
    .name = "souk_accounts_registrations_total",
    .help =
        "Registrations with a valid body, by outcome: admitted, delayed (429, because of others "
        "from their network before).",
    .type = telemetry::MetricType::kCounter,
    .labels = {"outcome"}};
inline constexpr telemetry::MetricSpec kFailureCountsEvicted{
    .name = "souk_accounts_failure_counts_evicted_total",
    .help = "Counts of wrong passwords and registrations that made room for others.",
    .type = telemetry::MetricType::kCounter};

// Every metric this module records, for the reference page.
std::span<const telemetry::MetricSpec* const> metric_specs();

}  // namespace souk::accounts
