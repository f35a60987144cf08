// Money paid outside of the shop: by bank transfer, or on delivery. A payment is open until an
// administrator records its receipt; its return is recorded the same way. So this provider is never
// called, and sends no messages.
//
// Threading: one per worker, loop thread only. Ownership: borrows nothing.
#pragma once

#include "payments/provider.h"

namespace souk::payments {

class ManualProvider final : public Provider {
 public:
  std::string_view name() const override { return "manual"; }
  bool pays_later() const override { return true; }
  // bank-transfer, cash-on-delivery
  bool accepts(std::string_view method) const override;

  runtime::Task<Charge> authorise(runtime::Context& context, Authorisation wanted,
                                  std::string key) override;
  runtime::Task<Charge> capture(runtime::Context& context, std::string reference,
                                std::string key) override;
  runtime::Task<Charge> refund(runtime::Context& context, std::string reference,
                               std::string key) override;
  runtime::Task<Charge> refund_part(runtime::Context& context, std::string reference, Money amount,
                                    std::string key) override;
  runtime::Task<Charge> cancel(runtime::Context& context, std::string reference,
                               std::string key) override;
  runtime::Task<std::optional<Found>> look_up(runtime::Context& context, std::string key) override;
  SignatureVerdict verify(std::string_view /*signature*/,
                          std::string_view /*body*/) const override {
    return SignatureVerdict::kForged;
  }
};

}  // namespace souk::payments
