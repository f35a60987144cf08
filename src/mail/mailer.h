// The one way in which Souk sends mail: to an SMTP server, or into a Maildir that a mail server
// reads. Callers repeat what did not succeed; a repeated message has the same Message-ID and, in a
// Maildir, the same file.
//
// Threading: loop thread only; messages are sent on offload threads. Ownership: borrows all it is
// made with, which outlives it.
#pragma once

#include <optional>

#include "base/backoff.h"
#include "mail/config.h"
#include "mail/maildir.h"
#include "mail/message.h"
#include "mail/metrics.h"
#include "mail/smtp.h"
#include "runtime/context.h"
#include "runtime/offload.h"
#include "telemetry/failure_reporter.h"

namespace souk::mail {

class Mailer {
 public:
  // After a message that found no server, all wait; the pause grows while there is none.
  static constexpr std::chrono::milliseconds kMinPause{1'000};
  static constexpr std::chrono::milliseconds kMaxPause{60'000};
  // For an attempt by SMTP, if its time-out is not shorter; not begun with less.
  static constexpr std::chrono::milliseconds kLeastTime{1'000};

  Mailer(runtime::Loop& loop, runtime::Offload& threads, telemetry::Registry& registry,
         telemetry::Log& log, Config config);

  bool is_on() const { return config_.is_on(); }
  // Ends by the context's deadline. kUnavailable also without an attempt: during the pause, or when
  // too many messages are waiting. kRefused also for an address that is not a plain one. REQUIRES:
  // is_on().
  runtime::Task<Outcome> send(const runtime::Context& context, const Message& message);
  // How long to wait after kUnavailable.
  std::chrono::milliseconds pause() const;

 private:
  using Time = std::chrono::steady_clock::time_point;

  std::optional<Outcome> deliver(const Message& message, Time deadline);
  void note(const Outcome& outcome);

  runtime::Loop& loop_;
  runtime::Offload& threads_;
  const Config config_;
  const Maildir maildir_;
  Smtp smtp_;
  Metrics metrics_;
  telemetry::FailureReporter failures_;
  unsigned failures_in_a_row_ = 0;
  Time next_try_;
};

}  // namespace souk::mail
