#include "payments/rules.h"

#include <gtest/gtest.h>

namespace souk::payments {
namespace {

using enum Status;
using rules::Step;

constexpr std::array kAll = {kCreated, kAuthorised, kCaptured, kRefunded, kFailed, kCancelled};

TEST(PaymentRules, EveryPaymentIsDrivenToItsGoalInBoundedSteps) {
  EXPECT_EQ(rules::next_step(kCreated, Goal::kCaptured), Step::kAuthorise);
  EXPECT_EQ(rules::next_step(kAuthorised, Goal::kCaptured), Step::kCapture);
  EXPECT_EQ(rules::next_step(kCaptured, Goal::kCaptured), std::nullopt);
  EXPECT_EQ(rules::next_step(kCreated, Goal::kReturned), Step::kAuthorise);
  EXPECT_EQ(rules::next_step(kAuthorised, Goal::kReturned), Step::kCancel);
  EXPECT_EQ(rules::next_step(kCaptured, Goal::kReturned), Step::kRefund);
  for (const auto status : {kRefunded, kFailed, kCancelled}) {
    for (const auto goal : {Goal::kCaptured, Goal::kReturned}) {
      EXPECT_EQ(rules::next_step(status, goal), std::nullopt);
    }
  }
}

TEST(PaymentRules, NoNewsTakesAPaymentBackInTime) {
  for (const auto from : kAll) {
    for (const auto to : kAll) {
      const bool forward = rules::is_active(from) && from < to &&
                           // Captured money cannot be cancelled, only refunded.
                           (from != kCaptured || to == kRefunded);
      EXPECT_EQ(rules::news(from, to) == rules::News::kNext, forward)
          << name_of(kStatusNames, from) << " -> " << name_of(kStatusNames, to);
    }
  }
}

// It is unclear who has the money: a look-up must confirm either side.
TEST(PaymentRules, MoneyThatAppearsOrVanishesContradictsTheBooks) {
  for (const auto from : kAll) {
    for (const auto to : kAll) {
      const bool undone = from == kFailed || from == kCancelled;
      const bool appears = undone && (to == kAuthorised || to == kCaptured);
      const bool vanishes = from == kCaptured && (to == kFailed || to == kCancelled);
      EXPECT_EQ(rules::news(from, to) == rules::News::kContradiction, appears || vanishes)
          << name_of(kStatusNames, from) << " -> " << name_of(kStatusNames, to);
      if (appears) {
        EXPECT_TRUE(rules::is_legal(from, to));
      }
    }
  }
}

TEST(PaymentRules, EachStepOfAPaymentHasAKeyOfItsOwnThatStaysTheSame) {
  PaymentId one;
  PaymentId other;
  other.value.bytes[0] = 1;
  EXPECT_EQ(rules::idempotency_key(one, Step::kCapture),
            rules::idempotency_key(one, Step::kCapture));
  EXPECT_NE(rules::idempotency_key(one, Step::kCapture),
            rules::idempotency_key(one, Step::kRefund));
  EXPECT_NE(rules::idempotency_key(one, Step::kCapture),
            rules::idempotency_key(other, Step::kCapture));
}

}  // namespace
}  // namespace souk::payments
