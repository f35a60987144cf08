// What accounts counts.
#pragma once

#include "telemetry/metrics.h"

namespace souk::accounts {

struct MetricTable {
  telemetry::CounterSpec sign_ins{
      "souk_accounts_sign_ins_total",
      "Passwords given to sign in or to confirm a change, by outcome: succeeded, wrong_password, "
      "delayed (429, because of "
      "earlier wrong passwords), not_checked (too many passwords were waiting).",
      {"outcome"}};
  telemetry::CounterSpec registrations{"souk_accounts_registrations_total",
                                       "Registrations with a valid body, by outcome: admitted, "
                                       "delayed (429, because of earlier ones from their network).",
                                       {"outcome"}};
  telemetry::CounterSpec request_mails{
      "souk_accounts_request_mails_total",
      "Messages about registrations, forgotten passwords and e-mail addresses: delivered, "
      "no_recipient (there is no such account, or nothing to confirm), over_limit (of an address), "
      "refused (by the mail server, for good), failed (to be retried).",
      {"outcome"}};
  telemetry::CounterSpec session_uses{
      "souk_accounts_session_uses_total",
      "Uses of sessions that were due to be noted: noted, postponed (too many were waiting).",
      {"how"}};
  telemetry::CounterSpec sessions_not_noted{
      "souk_accounts_session_note_failures_total",
      "Attempts to note when sessions were used that failed; later uses are noted."};
  telemetry::CounterSpec failed_sign_ins_not_recorded{
      "souk_accounts_failed_sign_in_record_failures_total",
      "Attempts to record failed sign-ins in the audit log that failed; later ones include them."};
  telemetry::CounterSpec failure_counts_evicted{
      "souk_accounts_failure_counts_evicted_total",
      "Counts of wrong passwords and registrations that were evicted from the full table."};
  telemetry::CounterSpec shared_failures{
      "souk_accounts_shared_failures_total",
      "Uses of these counts: of those that the nodes share through Redis, or of those counted by "
      "this node only because Redis was away: shared, local.",
      {"how"}};
};
inline constexpr MetricTable kMetrics;

}  // namespace souk::accounts
