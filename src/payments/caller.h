// Calls a payment's provider, with a time limit of its own, and counts the outcomes.
// Threading: one per worker, loop thread only. Ownership: borrows its arguments.
#pragma once

#include <chrono>
#include <optional>

#include "payments/metrics.h"
#include "payments/providers.h"
#include "payments/rules.h"
#include "runtime/task.h"

namespace souk::payments {

class Caller {
 public:
  Caller(const Providers& providers, Metrics& metrics, std::chrono::milliseconds timeout)
      : providers_(providers), metrics_(metrics), timeout_(timeout) {}

  // All throw ProviderUnavailable: no answer, an unusable one, or the provider is not enabled.

  // For steps that change something.
  runtime::Task<Charge> run_step(Payment payment, rules::Step step) const;
  // Refunds a part of the payment.
  runtime::Task<Charge> refund(Payment payment, Refund part) const;
  runtime::Task<std::optional<Found>> look_up(Payment payment) const;

 private:
  Provider& provider_of(const Payment& payment) const;
  // `part`: of the payment, to be refunded; null: none.
  runtime::Task<Charge> run(const Payment& payment, rules::Step step, const Refund* part) const;
  runtime::Task<Charge> call(runtime::Context& context, const Payment& payment, rules::Step step,
                             const Refund* part) const;

  const Providers& providers_;
  Metrics& metrics_;
  const std::chrono::milliseconds timeout_;
};

}  // namespace souk::payments
