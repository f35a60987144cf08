#include "payments/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace souk::payments::rules {
namespace {

using enum Status;

constexpr std::array<std::pair<Status, Status>, 14> kLegal = {{
    {kCreated, kAuthorised},
    {kCreated, kCaptured},
    {kCreated, kRefunded},
    {kCreated, kFailed},
    {kCreated, kCancelled},
    {kAuthorised, kCaptured},
    {kAuthorised, kRefunded},
    {kAuthorised, kFailed},
    {kAuthorised, kCancelled},
    {kCaptured, kRefunded},
    // Only if a look-up at the provider says so.
    {kFailed, kAuthorised},
    {kFailed, kCaptured},
    {kCancelled, kAuthorised},
    {kCancelled, kCaptured},
}};

bool is_undone(Status status) { return status == kFailed || status == kCancelled; }
bool holds_money(Status status) { return status == kAuthorised || status == kCaptured; }

}  // namespace

std::optional<Step> next_step(Status status, Goal goal, bool pays_later) {
  if (pays_later) return std::nullopt;
  switch (status) {
    case kCreated:
      return Step::kAuthorise;
    case kAuthorised:
      return goal == Goal::kCaptured ? Step::kCapture : Step::kCancel;
    case kCaptured:
      if (goal == Goal::kReturned) return Step::kRefund;
      return std::nullopt;
    case kRefunded:
    case kFailed:
    case kCancelled:
      return std::nullopt;
  }
  std::unreachable();
}

bool is_legal(Status from, Status to) {
  return std::ranges::find(kLegal, std::pair(from, to)) != kLegal.end();
}

News news(Status known, Status reported) {
  const bool appeared = is_undone(known) && holds_money(reported);
  const bool vanished = known == kCaptured && is_undone(reported);
  if (appeared || vanished) return News::kContradiction;
  return is_legal(known, reported) ? News::kNext : News::kOld;
}

bool is_active(Status status) {
  return status == kCreated || status == kAuthorised || status == kCaptured;
}

bool is_token(std::string_view text, std::size_t max) {
  return !text.empty() && text.size() <= max &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

bool is_open(const Payment& payment) {
  return payment.pays_later && payment.status == kCreated && payment.goal == Goal::kCaptured;
}

std::optional<Contradiction> contradiction(const Payment& payment, const Money& amount,
                                           Status reported, std::string_view reference) {
  if (payment.amount.currency != amount.currency) return Contradiction::kCurrency;
  if (payment.amount.amount != amount.amount) return Contradiction::kAmount;
  if (payment.reference && *payment.reference != reference) return Contradiction::kReference;
  if (news(payment.status, reported) == News::kContradiction) return Contradiction::kStatus;
  return std::nullopt;
}

std::string idempotency_key(PaymentId id, Step step) {
  return fmt::format("{}:{}", id.value.to_string(), name_of(kStepNames, step));
}

std::string idempotency_key(RefundId id) { return fmt::format("{}:part", id.value.to_string()); }

}  // namespace souk::payments::rules
