#include "accounts/request_mail.h"

#include <fmt/format.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace souk::accounts {

using request_store::Pending;
using request_store::Purpose;
using runtime::Context;
using runtime::Task;

RequestMail::RequestMail(mail::Mailer& mailer, const mail::Templates& templates,
                         postgres::Pool& pool, telemetry::Registry& registry, RequestsConfig config)
    : mailer_(mailer),
      templates_(templates),
      pool_(pool),
      config_(std::move(config)),
      became_(registry, kMetrics.request_mails) {}

std::optional<RequestMail::Letter> RequestMail::letter_for(const Pending& request) {
  switch (request.purpose) {
    case Purpose::kRegistration:
      if (request.account) {
        return Letter{"already_registered", false, std::nullopt, request.account_name.value_or("")};
      }
      return Letter{"registration", true, std::nullopt, request.name.value_or("")};
    case Purpose::kPasswordReset:
      if (!request.account) return std::nullopt;
      return Letter{"password_reset", true, request.account, request.account_name.value_or("")};
    case Purpose::kEmailVerification:
      if (request.user_email != request.email) return std::nullopt;
      return Letter{"email_verification", true, request.user_id, request.user_name.value_or("")};
    case Purpose::kEmailChange:
      if (!request.user_email || request.account) return std::nullopt;
      return Letter{"email_change", true, request.user_id, request.user_name.value_or("")};
    case Purpose::kEmailChanged:
      return Letter{"email_changed", false, std::nullopt, request.user_name.value_or("")};
  }
  return std::nullopt;
}

Task<void> RequestMail::run(Context& context, const jobs::Job& job) {
  const auto request = co_await request_store::find(pool_, context, job.aggregate);
  const auto letter = request ? letter_for(*request) : std::nullopt;
  if (!letter) co_return became_[Became::kNoRecipient].increment();
  if (std::cmp_greater(request->place, config_.max_mails_per_hour))
    co_return became_[Became::kOverLimit].increment();
  co_await send(context, job, *request, *letter);
}

Task<void> RequestMail::send(Context& context, const jobs::Job& job, const Pending& request,
                             const Letter& letter) {
  std::string token;
  if (letter.has_token) {
    token = make_token();
    if (!co_await request_store::set_token(pool_, context, job.aggregate, *hash_token(token),
                                           letter.user)) {
      co_return became_[Became::kNoRecipient].increment();
    }
  }
  const auto minutes = fmt::to_string(
      std::chrono::duration_cast<std::chrono::minutes>(config_.token_lifetime).count());
  const auto where = link(request, token);
  const std::array<std::pair<std::string_view, std::string_view>, 3> values = {
      {{"name", mail::harmless_name(letter.name, request.email)},
       {"link", where},
       {"minutes", minutes}}};
  auto text = templates_.fill(letter.text, values);
  const auto outcome = co_await mailer_.send(context, {.id = job.id,
                                                       .date = request.created_at,
                                                       .to_address = request.email,
                                                       .to_name = std::string(values[0].second),
                                                       .subject = std::move(text.subject),
                                                       .text = std::move(text.text),
                                                       .html = std::move(text.html)});
  switch (outcome.kind) {
    case mail::Outcome::Kind::kDelivered:
      co_return became_[Became::kDelivered].increment();
    case mail::Outcome::Kind::kRefused:
      became_[Became::kRefused].increment();
      throw jobs::Rejected(outcome.reason);
    case mail::Outcome::Kind::kUnavailable:
      throw jobs::Postponed(outcome.reason, mailer_.pause());
    case mail::Outcome::Kind::kFailed:
      became_[Became::kFailed].increment();
      throw std::runtime_error(outcome.reason);
  }
}

std::string RequestMail::link(const Pending& request, std::string_view token) const {
  const auto& page =
      request.purpose == Purpose::kPasswordReset ? config_.reset_url : config_.confirm_url;
  // In the fragment, which browsers send to no server.
  return page.empty() ? std::string(token) : fmt::format("{}#token={}", page, token);
}

}  // namespace souk::accounts
