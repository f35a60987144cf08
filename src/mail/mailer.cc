#include "mail/mailer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/failures.h"

namespace souk::mail {

using runtime::Task;
using Kind = Outcome::Kind;

namespace {

constexpr std::chrono::milliseconds kNoTime{0};

}  // namespace

Mailer::Mailer(runtime::Loop& loop, runtime::Offload& threads, telemetry::Registry& registry,
               telemetry::Log& log, Config config)
    : loop_(loop),
      threads_(threads),
      config_(std::move(config)),
      maildir_(config_.maildir),
      smtp_(config_.smtp),
      metrics_(registry),
      failures_(log, metrics_.unavailable,
                {.failed = "mail_server_unavailable",
                 .resumed = "mail_server_available",
                 .what = "send"}) {}

std::chrono::milliseconds Mailer::pause() const {
  return exponential_backoff(kMinPause, kMaxPause, std::max(failures_in_a_row_, 1U));
}

Task<Outcome> Mailer::send(const runtime::Context& context, const Message& message) {
  if (!is_plain_address(message.to_address)) {
    metrics_.refused.increment();
    co_return Outcome{Kind::kRefused, "the address cannot be written to"};
  }
  if (std::chrono::steady_clock::now() < next_try_) {
    metrics_.postponed.increment();
    co_return Outcome{Kind::kUnavailable, "the mail server did not answer lately"};
  }
  const auto done = co_await threads_.run(
      loop_, [this, &message, deadline = context.deadline] { return deliver(message, deadline); });
  if (!done || !*done) {
    metrics_.postponed.increment();
    co_return Outcome{Kind::kUnavailable, "too many messages are waiting"};
  }
  note(**done);
  co_return **done;
}

// Nothing: its turn came too late.
std::optional<Outcome> Mailer::deliver(const Message& message, Time deadline) {
  const auto left =
      std::chrono::floor<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  const bool by_smtp = !config_.smtp.host.empty();
  const auto least = by_smtp ? std::min(kLeastTime, config_.smtp.send_timeout) : kNoTime;
  if (left < least) return std::nullopt;
  const auto text = compose(message, config_.from);
  if (by_smtp) {
    return smtp_.send(config_.from, message.to_address, text, left);
  }
  const auto seconds = std::chrono::floor<std::chrono::seconds>(message.date).time_since_epoch();
  const auto name = fmt::format("{}.{}.souk", seconds.count(), message.id.to_string());
  const auto done = maildir_.deliver(name, text);
  return done ? Outcome{} : Outcome{Kind::kFailed, done.error().detail};
}

void Mailer::note(const Outcome& outcome) {
  if (outcome.kind == Kind::kUnavailable) {
    ++failures_in_a_row_;
    next_try_ = std::chrono::steady_clock::now() + pause();
    failures_.failed(Unavailable(outcome.reason));
    return;
  }
  failures_in_a_row_ = 0;
  next_try_ = {};
  failures_.succeeded();
  (outcome.kind == Kind::kDelivered ? metrics_.delivered
   : outcome.kind == Kind::kRefused ? metrics_.refused
                                    : metrics_.failed)
      .increment();
}

}  // namespace souk::mail
