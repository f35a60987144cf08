#include "payments/caller.h"

#include <utility>

namespace souk::payments {

using rules::Step;
using runtime::Context;
using runtime::Task;

namespace {

// Throws for an unusable answer.
Charge checked(Charge charge) {
  if (rules::is_token(charge.reference, kMaxReferenceLength)) return charge;
  if (charge.status != Status::kFailed) {
    throw ProviderUnavailable("the provider's reference is of no use");
  }
  charge.reference.clear();
  return charge;
}

auto now() { return std::chrono::steady_clock::now(); }

}  // namespace

Provider& Caller::provider_of(const Payment& payment) const {
  auto* const provider = providers_.find(payment.provider);
  if (provider != nullptr) return *provider;
  throw ProviderUnavailable("the provider " + payment.provider + " is not on");
}

Task<Charge> Caller::run_step(Payment payment, Step step) const {
  co_return co_await run(payment, step, nullptr);
}

Task<Charge> Caller::refund(Payment payment, Refund part) const {
  co_return co_await run(payment, Step::kRefund, &part);
}

Task<Charge> Caller::run(const Payment& payment, Step step, const Refund* part) const {
  const auto start = now();
  // The provider has its own deadline: the client's must not leave the outcome of a charge unknown.
  Context context{.deadline = start + timeout_};
  try {
    auto charge = checked(co_await call(context, payment, step, part));
    metrics_.answered(step, now() - start);
    co_return charge;
  } catch (const ProviderUnavailable&) {
    metrics_.unanswered[step].increment();
    throw;
  }
}

Task<std::optional<Found>> Caller::look_up(Payment payment) const {
  const auto start = now();
  Context context{.deadline = start + timeout_};
  try {
    auto found = co_await provider_of(payment).look_up(
        context, rules::idempotency_key(payment.id, Step::kAuthorise));
    if (found) found->charge = checked(std::move(found->charge));
    metrics_.answered(Step::kLookUp, now() - start);
    co_return found;
  } catch (const ProviderUnavailable&) {
    metrics_.unanswered[Step::kLookUp].increment();
    throw;
  }
}

Task<Charge> Caller::call(Context& context, const Payment& payment, Step step,
                          const Refund* part) const {
  auto& provider = provider_of(payment);
  auto key = rules::idempotency_key(payment.id, step);
  const auto reference = payment.reference.value_or("");
  switch (step) {
    case Step::kAuthorise:
      return provider.authorise(
          context,
          {.payment = payment.id, .amount = payment.amount, .method = payment.method.value_or("")},
          std::move(key));
    case Step::kCapture:
      return provider.capture(context, reference, std::move(key));
    case Step::kRefund:
      if (part != nullptr) {
        return provider.refund_part(context, reference, part->amount,
                                    rules::idempotency_key(part->id));
      }
      return provider.refund(context, reference, std::move(key));
    case Step::kCancel:
      return provider.cancel(context, reference, std::move(key));
    case Step::kLookUp:
      break;  // has an answer of its own
  }
  std::unreachable();
}

}  // namespace souk::payments
