#include "checkout/payment_failure.h"

#include "base/error.h"
#include "payments/provider.h"
#include "postgres/errors.h"

namespace souk::checkout {

using payments::FailureCause;

PaymentFailure failure_of(const std::exception_ptr& reason) {
  try {
    std::rethrow_exception(reason);
  } catch (const payments::ProviderUnavailable& error) {
    return {.cause = FailureCause::kProvider, .what = error.what()};
  } catch (const Failure& error) {
    return {.cause = FailureCause::kBooks, .what = error.what()};
  } catch (const postgres::StatementError& error) {
    return {.cause = FailureCause::kBooks, .what = error.what()};
  } catch (const std::exception& error) {
    return {.cause = FailureCause::kDefect, .what = error.what()};
  }
}

}  // namespace souk::checkout
