// A payment provider without money, for tests and demonstrations: it keeps books of its own
// (sandbox_charges), and fails as real ones do. What it does depends on the method alone:
//
//   sandbox-ok                approves
//   sandbox-declined          declines; so does every amount of kDeclinedFrom on, and an unknown
//   method sandbox-capture-declined  authorises, then declines to capture sandbox-lost-authorise,
//   sandbox-lost-capture, sandbox-lost-refund
//                             does it and loses the first answer
//   sandbox-late              authorises at once, captures and only answers after `late`
//
// Threading: one per worker, loop thread only. Ownership: borrows all it is made from.
#pragma once

#include <chrono>

#include "payments/provider.h"
#include "payments/rules.h"
#include "postgres/pool.h"

namespace souk::payments {

struct WebhookConfig {
  std::string secret;           // empty: every message is refused
  std::string previous_secret;  // accepted too, while the provider replaces it; empty: none
  std::chrono::milliseconds tolerance{300'000};
};

class SandboxProvider final : public Provider {
 public:
  static constexpr std::int64_t kDeclinedFrom = 1'000'000'00;

  SandboxProvider(runtime::Loop& loop, postgres::Pool& pool, const Clock& clock, UuidGenerator& ids,
                  WebhookConfig webhooks, std::chrono::milliseconds late)
      : loop_(loop),
        pool_(pool),
        clock_(clock),
        ids_(ids),
        webhooks_(std::move(webhooks)),
        late_(late) {}

  std::string_view name() const override { return "sandbox"; }
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
  SignatureVerdict verify(std::string_view signature, std::string_view body) const override;

  static std::span<const postgres::Statement* const> statements();

 private:
  struct Booked;
  runtime::Task<Charge> change(runtime::Context& context, rules::Step step, std::string reference,
                               std::string key);
  runtime::Task<Charge> answer(runtime::Context& context, rules::Step step, Booked booked);

  runtime::Loop& loop_;
  postgres::Pool& pool_;
  const Clock& clock_;
  UuidGenerator& ids_;
  const WebhookConfig webhooks_;
  const std::chrono::milliseconds late_;
};

}  // namespace souk::payments
