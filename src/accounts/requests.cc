#include "accounts/requests.h"

#include <fmt/format.h>

#include <utility>

#include "accounts/error_codes.h"
#include "accounts/request_mail.h"
#include "accounts/rules.h"
#include "jobs/store.h"
#include "postgres/errors.h"

namespace souk::accounts {

using request_store::NewRequest;
using request_store::Purpose;
using runtime::Context;
using runtime::Task;

namespace {

Error invalid_token() {
  return {errors::kInvalidToken, "the token was not issued, was used, or has expired"};
}

}  // namespace

Requests::Requests(Accounts& accounts, postgres::Pool& pool, const Clock& clock, UuidGenerator& ids,
                   jobs::Notifier& notifier, RequestsConfig config)
    : accounts_(accounts),
      pool_(pool),
      clock_(clock),
      ids_(ids),
      notifier_(notifier),
      config_(std::move(config)) {}

jobs::NewJob Requests::job_of(Context& context, Uuid request) {
  return {.kind = std::string(kRequestMailKind),
          .aggregate = request,
          .payload = "{}",
          .trace = runtime::traceparent_of(context)};
}

Task<Result<>> Requests::add(Context& context, NewRequest request) {
  if (!config_.can_mail) co_return fail(ErrorCode::kUnavailable, "this shop sends no mail");
  request.id = ids_.next();
  request.created_at = clock_.now();
  request.expires_at = request.created_at + config_.token_lifetime;
  const auto job = job_of(context, request.id);
  auto transaction = co_await pool_.begin(context);
  co_await transaction.pipeline_and_commit(request_store::insert(request),
                                           jobs::store::append({&job, 1}, ids_));
  notifier_.notify();
  co_return Result<>();
}

Task<std::expected<void, Refusal>> Requests::register_user(Context& context,
                                                           Registration registration,
                                                           ClientNetwork client) {
  auto prepared = co_await accounts_.prepare(context, std::move(registration), client);
  if (!prepared) co_return std::unexpected(std::move(prepared.error()));
  auto added = co_await add(context, {.purpose = Purpose::kRegistration,
                                      .email = std::move(prepared->registration.email),
                                      .name = std::move(prepared->registration.name),
                                      .password_hash = std::move(prepared->password_hash)});
  if (!added) co_return std::unexpected(Refusal{added.error()});
  co_return std::expected<void, Refusal>();
}

Task<Result<>> Requests::forgot_password(Context& context, EmailAddress address) {
  auto accepted = rules::check(std::move(address));
  if (!accepted) co_return std::unexpected(accepted.error());
  co_return co_await add(context,
                         {.purpose = Purpose::kPasswordReset, .email = std::move(accepted->email)});
}

Task<Result<>> Requests::verify_email(Context& context, UserId user) {
  auto found = co_await accounts_.user(context, user);
  if (!found) co_return std::unexpected(found.error());
  co_return co_await add(
      context,
      {.purpose = Purpose::kEmailVerification, .email = std::move(found->email), .user_id = user});
}

Task<std::expected<void, Refusal>> Requests::change_email(Context& context, UserId user,
                                                          EmailChange change,
                                                          ClientNetwork client) {
  auto accepted = rules::check(std::move(change));
  if (!accepted) co_return std::unexpected(Refusal{accepted.error()});
  const auto owner = co_await accounts_.user(context, user);
  if (!owner) co_return std::unexpected(Refusal{owner.error()});
  const auto confirmed =
      co_await accounts_.confirm_password(context, *owner, accepted->current_password, client);
  if (!confirmed) co_return std::unexpected(confirmed.error());
  auto added = co_await add(
      context,
      {.purpose = Purpose::kEmailChange, .email = std::move(accepted->email), .user_id = user});
  if (!added) co_return std::unexpected(Refusal{added.error()});
  co_return std::expected<void, Refusal>();
}

Task<Result<>> Requests::confirm(Context& context, Confirmation confirmation,
                                 ClientNetwork client) {
  const auto hash = hash_token(confirmation.token);
  if (!hash) co_return std::unexpected(invalid_token());
  const auto checked = co_await check_password(context, *hash, confirmation.password, client);
  if (!checked) co_return std::unexpected(checked.error());
  try {
    co_return co_await complete(context, *hash);
  } catch (const postgres::StatementError& error) {
    if (!error.unique_violation(request_store::kEmailKey)) throw;
  }
  co_return fail(errors::kEmailTaken, "another account uses this e-mail address");
}

// Of a registration.
Task<Result<>> Requests::check_password(Context& context, const TokenHash& token,
                                        const std::optional<std::string>& password,
                                        ClientNetwork client) {
  const auto chosen =
      co_await request_store::find_registration(pool_, context, token, clock_.now());
  if (!chosen) co_return Result<>();
  auto matches = Result<bool>(false);
  if (password) matches = co_await accounts_.matches(context, *password, *chosen, client);
  if (!matches) co_return std::unexpected(matches.error());
  if (*matches) co_return Result<>();
  co_return fail(ErrorCode::kValidationFailed, "an account is opened with its password",
                 {{"/password", "must be the password of the registration"}});
}

Task<Result<>> Requests::complete(Context& context, const TokenHash& token) {
  const auto now = clock_.now();
  auto transaction = co_await pool_.begin(context);
  const auto [rows] = co_await transaction.pipeline(request_store::take(token, now));
  const auto taken = request_store::read_taken(rows);
  if (!taken) co_return std::unexpected(invalid_token());
  if (taken->purpose == Purpose::kRegistration) {
    const auto [opened] = co_await transaction.pipeline_and_commit(
        request_store::open_account(UserId{ids_.next()}, *taken, now));
    if (opened.empty()) co_return fail(errors::kEmailTaken, "this account is open already");
    co_return Result<>();
  }
  const auto user = taken->user_id.value();
  if (taken->purpose == Purpose::kEmailVerification) {
    const auto [marked] = co_await transaction.pipeline_and_commit(
        request_store::mark_verified(user, taken->email, now));
    if (marked.empty()) co_return std::unexpected(invalid_token());
    co_return Result<>();
  }
  const auto [changed] =
      co_await transaction.pipeline(request_store::change_email(user, taken->email, now));
  if (changed.empty()) co_return std::unexpected(invalid_token());
  const NewRequest notice{.id = ids_.next(),
                          .purpose = Purpose::kEmailChanged,
                          .email = changed[0].get<std::string>(1),
                          .user_id = user,
                          .created_at = now,
                          .expires_at = now + config_.token_lifetime};
  const auto job = job_of(context, notice.id);
  co_await transaction.pipeline_and_commit(request_store::insert(notice),
                                           jobs::store::append({&job, 1}, ids_));
  notifier_.notify();
  co_return Result<>();
}

Task<Result<>> Requests::reset_password(Context& context, NewPassword replacement,
                                        ClientNetwork client) {
  const auto token = hash_token(replacement.token);
  if (!token) co_return std::unexpected(invalid_token());
  const auto user = co_await request_store::find_reset(pool_, context, *token, clock_.now());
  if (!user) co_return std::unexpected(invalid_token());
  const auto accepted = rules::check(std::move(replacement), *user);
  if (!accepted) co_return std::unexpected(accepted.error());
  const auto hash = co_await accounts_.hash(context, accepted->password, client);
  if (!hash) co_return std::unexpected(hash.error());
  if (!co_await request_store::reset_password(pool_, context, user->id, *token, *hash,
                                              clock_.now())) {
    co_return std::unexpected(invalid_token());
  }
  co_return Result<>();
}

}  // namespace souk::accounts
