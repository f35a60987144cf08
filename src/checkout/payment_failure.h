// Why a payment or a refund could not be settled.
// Threading: pure functions.
#pragma once

#include <exception>
#include <string>

#include "payments/metrics.h"

namespace souk::checkout {

struct PaymentFailure {
  payments::FailureCause cause = payments::FailureCause::kDefect;
  std::string what;

  // Providers fail every day; the shop itself must not.
  telemetry::LogLevel level() const {
    return cause == payments::FailureCause::kProvider ? telemetry::LogLevel::kWarning
                                                      : telemetry::LogLevel::kError;
  }
};

// REQUIRES: of an exception.
PaymentFailure failure_of(const std::exception_ptr& reason);

}  // namespace souk::checkout
