// Mails what account requests are confirmed by: the handler of `account.mail` jobs, whose aggregate
// is the request. The token is made here, so that it is in the mail alone; a repeated job makes
// another, which replaces the first.
//
// Threading: loop thread only. Ownership: borrows all it is made with, which outlives it.
#pragma once

#include <array>

#include "accounts/config.h"
#include "accounts/metrics.h"
#include "accounts/request_store.h"
#include "jobs/handler.h"
#include "mail/mailer.h"
#include "mail/templates.h"
#include "postgres/pool.h"

namespace souk::accounts {

inline constexpr std::string_view kRequestMailKind = "account.mail";

class RequestMail final : public jobs::Handler {
 public:
  RequestMail(mail::Mailer& mailer, const mail::Templates& templates, postgres::Pool& pool,
              telemetry::Registry& registry, RequestsConfig config);

  runtime::Task<void> run(runtime::Context& context, const jobs::Job& job) override;
  bool waits() const override { return true; }

 private:
  struct Letter {
    std::string_view text;  // the template's name
    bool has_token = true;
    std::optional<UserId> user = std::nullopt;  // whose password or address the token may change
    std::string name = {};                      // as its user chose it
  };

  // What became of a message: a label of the metric.
  enum class Became : std::uint8_t { kDelivered, kNoRecipient, kOverLimit, kRefused, kFailed };
  static constexpr std::array<std::string_view, 5> kBecameNames = {
      "delivered", "no_recipient", "over_limit", "refused", "failed"};

  // What is sent for the request; nothing: there is nobody to send it to.
  static std::optional<Letter> letter_for(const request_store::Pending& request);
  runtime::Task<void> send(runtime::Context& context, const jobs::Job& job,
                           const request_store::Pending& request, const Letter& letter);
  // For people to follow, or, without a page of the shop, to copy.
  std::string link(const request_store::Pending& request, std::string_view token) const;

  mail::Mailer& mailer_;
  const mail::Templates& templates_;
  postgres::Pool& pool_;
  const RequestsConfig config_;
  telemetry::CountersBy<Became, kBecameNames> became_;
};

}  // namespace souk::accounts
