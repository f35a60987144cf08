// What is confirmed by a token that is mailed: registrations, forgotten passwords, e-mail
// addresses. A request and the job that mails its token are written together; request_mail.h runs
// the job. What is asked for without a token is answered alike, in the same time, whether or not
// there is such an account.
//
// Threading: one instance per worker; never shared. Ownership: borrows all it is made from, which
// outlive it.
#pragma once

#include "accounts/accounts.h"
#include "accounts/config.h"
#include "accounts/request_store.h"
#include "jobs/notifier.h"
#include "jobs/types.h"

namespace souk::accounts {

class Requests {
 public:
  Requests(Accounts& accounts, postgres::Pool& pool, const Clock& clock, UuidGenerator& ids,
           jobs::Notifier& notifier, RequestsConfig config);

  // Whether an account is opened only when its address is confirmed.
  bool verifies_registrations() const { return config_.verify_email; }

  // All throw Unavailable. Errors of those that mail a token: unavailable, when the shop sends no
  // mail.

  // Opens no account yet. Errors: as Accounts::register_user, but never email_taken.
  runtime::Task<std::expected<void, Refusal>> register_user(runtime::Context& context,
                                                            Registration registration,
                                                            ClientNetwork client);
  // Errors: validation_failed.
  runtime::Task<Result<>> forgot_password(runtime::Context& context, EmailAddress address);
  // For the user's present address. Errors: not_found.
  runtime::Task<Result<>> verify_email(runtime::Context& context, UserId user);
  // To be confirmed at the new address. Errors: validation_failed, not_found, and those of
  // Accounts::confirm_password.
  runtime::Task<std::expected<void, Refusal>> change_email(runtime::Context& context, UserId user,
                                                           EmailChange change,
                                                           ClientNetwork client);

  // A token is used once. These take those of the corresponding requests only.

  // Opens the account, or marks the address as verified, or makes it the account's. An account is
  // opened only for who knows its password too: whoever reads the mail may not have asked for it,
  // and the account would be theirs who did. A refused password leaves the token valid. Errors:
  // invalid_token, validation_failed, email_taken, too_many_requests, overloaded,
  // deadline_exceeded.
  runtime::Task<Result<>> confirm(runtime::Context& context, Confirmation confirmation,
                                  ClientNetwork client);
  // Ends all of the user's sessions. A refused password leaves the token valid. Errors:
  // invalid_token, validation_failed, too_many_requests, overloaded, deadline_exceeded.
  runtime::Task<Result<>> reset_password(runtime::Context& context, NewPassword replacement,
                                         ClientNetwork client);

 private:
  runtime::Task<Result<>> add(runtime::Context& context, request_store::NewRequest request);
  static jobs::NewJob job_of(runtime::Context& context, Uuid request);
  runtime::Task<Result<>> check_password(runtime::Context& context, const TokenHash& token,
                                         const std::optional<std::string>& password,
                                         ClientNetwork client);
  runtime::Task<Result<>> complete(runtime::Context& context, const TokenHash& token);

  Accounts& accounts_;
  postgres::Pool& pool_;
  const Clock& clock_;
  UuidGenerator& ids_;
  jobs::Notifier& notifier_;
  const RequestsConfig config_;
};

}  // namespace souk::accounts
