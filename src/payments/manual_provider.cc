#include "payments/manual_provider.h"

namespace souk::payments {

using runtime::Context;
using runtime::Task;

namespace {

Task<Charge> not_asked() {
  throw ProviderUnavailable("an administrator records this payment");
  co_return Charge{};
}

}  // namespace

bool ManualProvider::accepts(std::string_view method) const {
  return method == "bank-transfer" || method == "cash-on-delivery";
}

Task<Charge> ManualProvider::authorise(Context&, Authorisation, std::string) { return not_asked(); }
Task<Charge> ManualProvider::capture(Context&, std::string, std::string) { return not_asked(); }
Task<Charge> ManualProvider::refund(Context&, std::string, std::string) { return not_asked(); }
Task<Charge> ManualProvider::refund_part(Context&, std::string, Money, std::string) {
  return not_asked();
}
Task<Charge> ManualProvider::cancel(Context&, std::string, std::string) { return not_asked(); }
Task<std::optional<Found>> ManualProvider::look_up(Context&, std::string) {
  co_return std::nullopt;
}

}  // namespace souk::payments
