#include "payments/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace souk::payments::rules {
namespace {

using enum Status;

constexpr std::array<std::pair<Status, Status>, 10> kLegal = {{
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
}};

}  // namespace

std::optional<Step> next_step(Status status, Goal goal) {
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

bool is_active(Status status) {
  return status == kCreated || status == kAuthorised || status == kCaptured;
}

bool is_token(std::string_view text, std::size_t max) {
  return !text.empty() && text.size() <= max &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

std::string idempotency_key(PaymentId id, Step step) {
  return fmt::format("{}:{}", id.value.to_string(), name_of(kStepNames, step));
}

}  // namespace souk::payments::rules
