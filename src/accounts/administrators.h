// Administrators, as an operator with access to the database adds and disables them. No operation
// of the API makes one.
// Threading: blocks; not for an event loop. Ownership: functions borrow the connection.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "accounts/types.h"
#include "base/error.h"
#include "postgres/blocking.h"

namespace souk::accounts {

struct Administrator {
  std::string email;
  std::string name;
  bool is_active = true;
  std::string created_on;  // a date, in the server's time zone
};

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

}  // namespace souk::accounts
