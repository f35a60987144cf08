// Administrators, as an operator with access to the database adds and disables them. No operation
// of the API makes one.
// Threading: blocks; not for an event loop. Ownership: functions borrow the connection.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "accounts/types.h"
#include "base/error.h"
#include "base/uuid.h"
#include "postgres/blocking.h"

namespace souk::accounts {

struct Administrator {
  std::string email;
  std::string name;
  bool is_active = true;
  std::string created_on;  // a date, in the server's time zone
};

// A bearer token, which only its holder knows: of a sign-in, or of a file that `souk up` or `souk
// seed` wrote. Times are UTC, as text.
struct AdministratorToken {
  std::string id;  // of its session, as its owner sees it too
  std::string email;
  std::string client;
  std::string created_at;
  std::string last_used_at;
  std::string expires_at;
};

inline constexpr std::size_t kMaxTokensListed = 1'000;

// By e-mail address. Errors of all: those of BlockingConnection.
Result<std::vector<Administrator>> administrators(postgres::BlockingConnection& database);
// Whether one can sign in.
Result<bool> has_administrator(postgres::BlockingConnection& database);

// Errors: validation_failed as for every registration, email_taken.
Result<> add_administrator(postgres::BlockingConnection& database, Registration registration);
// Replaces the password, ends every session, and lets a disabled administrator in again; the name
// is unchanged. Errors: validation_failed, not_found when no administrator has the address.
Result<> reset_administrator(postgres::BlockingConnection& database, Registration registration);
// Ends every session; no new one can begin. Errors: not_found.
Result<> disable_administrator(postgres::BlockingConnection& database, std::string_view email);

// Those that have not expired, of all administrators; at most kMaxTokensListed, the last used
// first.
Result<std::vector<AdministratorToken>> administrator_tokens(
    postgres::BlockingConnection& database);
// Returns whose it was. Errors: not_found when no administrator has it.
Result<std::string> revoke_administrator_token(postgres::BlockingConnection& database,
                                               const Uuid& id);

}  // namespace souk::accounts
