// All SQL of account requests.
// Threading and ownership: free functions; they borrow their arguments while they run. All throw
// Unavailable.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "accounts/token.h"
#include "accounts/types.h"
#include "base/enum_names.h"
#include "postgres/pool.h"
#include "postgres/statement.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::accounts::request_store {

std::span<const postgres::Statement* const> statements();

enum class Purpose : std::uint8_t {
  kRegistration,
  kPasswordReset,
  kEmailVerification,
  kEmailChange,
  kEmailChanged,  // tells the old address; without a token
};
inline constexpr std::array<std::string_view, 5> kPurposeNames = {
    "registration", "password_reset", "email_verification", "email_change", "email_changed"};

struct NewRequest {
  Uuid id;
  Purpose purpose = Purpose::kRegistration;
  std::string email = {};  // mailed to
  std::optional<UserId> user_id = {};
  std::optional<std::string> name = {};  // of a registration
  std::optional<std::string> password_hash = {};
  Timestamp created_at = {};
  Timestamp expires_at = {};
};
postgres::Call insert(const NewRequest& request);

// What its mail depends on.
struct Pending {
  Purpose purpose = Purpose::kRegistration;
  std::string email;
  std::optional<UserId> user_id;
  std::optional<std::string> name;
  Timestamp created_at;
  Timestamp expires_at;
  std::optional<UserId> account;            // that has the address now
  std::optional<std::string> account_name;  // of this one
  std::optional<std::string> user_email;    // of user_id, if the account is open
  std::optional<std::string> user_name;
  std::int64_t place = 0;  // among the requests for the address in the hour up to it, from 1
};
inline constexpr std::size_t kMaxPlace = 100;  // counted no further
runtime::Task<std::optional<Pending>> find(postgres::Pool& pool, runtime::Context& context,
                                           Uuid id);
// A later token replaces an earlier one. False: the request is gone.
runtime::Task<bool> set_token(postgres::Pool& pool, runtime::Context& context, Uuid id,
                              const TokenHash& token, std::optional<UserId> user);

struct Taken {
  Purpose purpose = Purpose::kRegistration;
  std::string email;
  std::optional<UserId> user_id;
  std::optional<std::string> name;
  std::optional<std::string> password_hash;
};
// The password's hash, if this is the token of a registration.
runtime::Task<std::optional<std::string>> find_registration(postgres::Pool& pool,
                                                            runtime::Context& context,
                                                            const TokenHash& token, Timestamp now);
// Deletes the request of this token, unless it has expired or is a password reset.
postgres::Call take(const TokenHash& token, Timestamp now);
std::optional<Taken> read_taken(const postgres::Rows& rows);

// Its row when the account was opened; none when the address is taken.
postgres::Call open_account(UserId id, const Taken& registration, Timestamp now);
// Its row unless the account has another address by now, or was closed.
postgres::Call mark_verified(UserId user, const std::string& email, Timestamp now);
// Its row, with the old address, unless the account was closed; a unique_violation of kEmailKey
// when the address is taken. Deletes the user's other requests: their tokens went to the old
// address.
postgres::Call change_email(UserId user, const std::string& email, Timestamp now);
inline constexpr std::string_view kEmailKey = "users_email_key";

// The account whose password this token may change.
runtime::Task<std::optional<User>> find_reset(postgres::Pool& pool, runtime::Context& context,
                                              const TokenHash& token, Timestamp now);
// Ends all sessions, and deletes the user's other requests. False: the token is not valid any
// more.
runtime::Task<bool> reset_password(postgres::Pool& pool, runtime::Context& context, UserId user,
                                   const TokenHash& token, const std::string& password_hash,
                                   Timestamp now);

// Deletes a batch of requests that expired before that time. True when there may be more.
runtime::Task<bool> delete_expired(postgres::Pool& pool, runtime::Context& context,
                                   Timestamp before);

}  // namespace souk::accounts::request_store
