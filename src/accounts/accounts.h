// Users, sessions and addresses. Passwords are stored as argon2id, tokens as SHA-256.
//
// Threading: one instance per worker; never shared. Hashing runs on the offload threads.
// Ownership: borrows all it is made from, which outlive it.
#pragma once

#include <expected>
#include <optional>
#include <string_view>
#include <vector>

#include "accounts/config.h"
#include "accounts/known_networks.h"
#include "accounts/principals.h"
#include "accounts/sign_in_guard.h"
#include "accounts/types.h"
#include "base/error.h"
#include "postgres/pool.h"
#include "runtime/context.h"
#include "runtime/offload.h"
#include "runtime/task.h"

namespace souk::accounts {

class Accounts {
 public:
  // Password hashing, shared by all workers.
  struct Passwords {
    runtime::Offload& hashing;
    SignInGuard& guard;
    SharedFailures& failures;  // the guard's, of all nodes
  };

  Accounts(postgres::Pool& pool, runtime::Loop& loop, Passwords passwords, const Clock& clock,
           UuidGenerator& ids, telemetry::Registry& registry, AccountsConfig config = {});

  // All throw Unavailable.

  // Errors: validation_failed, email_taken, too_many_requests, overloaded, deadline_exceeded.
  runtime::Task<std::expected<User, Refusal>> register_user(runtime::Context& context,
                                                            Registration registration,
                                                            ClientNetwork client);
  // A registration that would be accepted, for later. Counts and errors as register_user, but never
  // email_taken.
  struct Prepared {
    Registration registration;
    std::string password_hash;
  };
  runtime::Task<std::expected<Prepared, Refusal>> prepare(runtime::Context& context,
                                                          Registration registration,
                                                          ClientNetwork client);
  // An unknown address takes as long as a wrong password, and is delayed equally after wrong ones.
  // Errors: validation_failed, invalid_credentials, too_many_requests, overloaded,
  // deadline_exceeded.
  runtime::Task<std::expected<Session, Refusal>> sign_in(runtime::Context& context,
                                                         Credentials credentials,
                                                         ClientNetwork client,
                                                         std::string_view user_agent = {});
  // Whether the user knows the account's password; wrong ones count and delay as those of sign-ins
  // do. Errors: not_found, wrong_password, too_many_requests, overloaded, deadline_exceeded.
  runtime::Task<std::expected<store::Login, Refusal>> confirm_password(runtime::Context& context,
                                                                       const User& user,
                                                                       const std::string& password,
                                                                       ClientNetwork client);
  // Of a password that the rules accept. Errors: too_many_requests, overloaded, deadline_exceeded.
  runtime::Task<Result<std::string>> hash(runtime::Context& context, const std::string& password,
                                          ClientNetwork client);
  // Whether this is the password of that hash. Errors: as hash().
  runtime::Task<Result<bool>> matches(runtime::Context& context, const std::string& password,
                                      const std::string& password_hash, ClientNetwork client);
  // Ends the user's other sessions; that of `token`, the caller's, stays. Wrong passwords count and
  // delay as those of sign-ins do. Errors: validation_failed, not_found, wrong_password,
  // too_many_requests, overloaded, deadline_exceeded.
  runtime::Task<std::expected<void, Refusal>> change_password(runtime::Context& context,
                                                              UserId user, PasswordChange change,
                                                              std::string_view token,
                                                              ClientNetwork client);
  // Erases what the account says of its user, for good; orders are kept, without it. Errors:
  // not_found, forbidden for administrators, orders_open, and those of confirm_password.
  runtime::Task<std::expected<void, Refusal>> erase(runtime::Context& context, UserId user,
                                                    AccountDeletion deletion, ClientNetwork client);
  // Ends the session; no error if it has ended already.
  runtime::Task<void> sign_out(runtime::Context& context, std::string_view token);
  // Writes into the audit log what an administrator asks for.
  runtime::Task<void> record(runtime::Context& context, UserId administrator,
                             std::string_view action, std::string_view subject,
                             const ClientNetwork& client);
  // Errors: unauthenticated for a malformed, unknown or expired token, or a deactivated user. A
  // malformed one costs no statement.
  runtime::Task<Result<Principal>> authenticate(runtime::Context& context, std::string_view token);

  // Of the user, the last used first; that of `token` is the current one.
  runtime::Task<std::vector<OwnSession>> sessions(runtime::Context& context, UserId user,
                                                  std::string_view token);
  // Errors: not_found.
  runtime::Task<Result<>> end_session(runtime::Context& context, UserId user, SessionId id);
  runtime::Task<void> end_sessions(runtime::Context& context, UserId user);
  // Notes which sessions authenticate() found, to be called at an interval.
  runtime::Task<void> note_session_uses(runtime::Context& context);
  // Writes the sign-ins of this process that failed since the last call into the audit log.
  runtime::Task<void> record_failed_sign_ins(runtime::Context& context);

  // Errors: not_found.
  runtime::Task<Result<User>> user(runtime::Context& context, UserId id);
  // Errors: validation_failed, not_found.
  runtime::Task<Result<User>> update(runtime::Context& context, UserId id, ProfilePatch patch);

  // For administrators: also users who can no longer sign in. Errors: validation_failed.
  runtime::Task<Result<UserPage>> users(runtime::Context& context, UserQuery query);
  // Errors: not_found.
  runtime::Task<Result<UserRecord>> user_record(runtime::Context& context, UserId id);

  // The default address first.
  runtime::Task<std::vector<Address>> addresses(runtime::Context& context, UserId user);
  // Errors: not_found.
  runtime::Task<Result<Address>> address(runtime::Context& context, UserId user, AddressId id);
  // The first address becomes the default one. Errors: validation_failed, limit_reached.
  runtime::Task<Result<Address>> add_address(runtime::Context& context, UserId user,
                                             AddressDraft draft);
  // Replaces an address. One that an order was sent to is retired unchanged: the result then has a
  // new id. Errors: validation_failed, not_found.
  runtime::Task<Result<Address>> replace_address(runtime::Context& context, UserId user,
                                                 AddressId id, AddressDraft draft);
  // Retires it; orders keep referring to it. Errors: not_found.
  runtime::Task<Result<>> remove_address(runtime::Context& context, UserId user, AddressId id);

 private:
  // Runs `work` on the hashing threads, unless the deadline passes before its turn. Errors:
  // too_many_requests, overloaded, deadline_exceeded.
  template <class Work>
  runtime::Task<Result<std::invoke_result_t<Work>>> offload(const runtime::Context& context,
                                                            runtime::Turn turn, Work work);
  // The guard's verdict on an attempt (a Try) or a registration (a ClientNetwork), by the counts of
  // all nodes or, while Redis is away, by this node's.
  runtime::Task<std::chrono::seconds> admit(const runtime::Context& context,
                                            const SignInGuard::Try& tried);
  runtime::Task<std::chrono::seconds> admit(const runtime::Context& context,
                                            const ClientNetwork& network);
  // A password that was found to be right, and the client's network, if it is known by one.
  struct Checked {
    store::Login login;
    std::optional<NetworkHash> network;
  };
  // Errors: invalid_credentials, too_many_requests, overloaded, deadline_exceeded.
  runtime::Task<std::expected<Checked, Refusal>> check_password(runtime::Context& context,
                                                                const Credentials& credentials,
                                                                const ClientNetwork& client);

  postgres::Pool& pool_;
  runtime::Loop& loop_;
  const Passwords passwords_;
  const Clock& clock_;
  UuidGenerator& ids_;
  const AccountsConfig config_;
  SessionUses uses_;
  Principals principals_;
};

}  // namespace souk::accounts
