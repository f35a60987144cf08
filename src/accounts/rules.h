// Validation and normalisation of input. Pure.
// Threading: any.
#pragma once

#include <string>
#include <string_view>

#include "accounts/types.h"
#include "base/error.h"

namespace souk::accounts::rules {

// Each returns its argument as it is stored: the e-mail address in lower case, a new password
// normalised, the rest unchanged. Errors: validation_failed, naming every refused member.

Result<Registration> check(Registration registration);
// Refuses only credentials that no account can have.
Result<Credentials> check(Credentials credentials);
// Of this user's password.
Result<PasswordChange> check(PasswordChange change, const User& user);
Result<EmailAddress> check(EmailAddress address);
Result<EmailChange> check(EmailChange change);
Result<NewPassword> check(NewPassword replacement, const User& user);
Result<ProfilePatch> check(ProfilePatch patch);
Result<AddressDraft> check(AddressDraft draft);
// By query parameter; the beginning of the address in lower case.
Result<UserQuery> check(UserQuery query);

// A User-Agent as it is stored: the first kMaxClientLength bytes, '?' for all but printable ASCII.
std::string client_name(std::string_view user_agent);

}  // namespace souk::accounts::rules
