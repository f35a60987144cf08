// Validation and normalisation of input. Pure.
// Threading: any.
#pragma once

#include "accounts/types.h"
#include "base/error.h"

namespace souk::accounts::rules {

// Each returns its argument as it is stored: the e-mail address in lower case, a new password
// normalised, the rest unchanged. Errors: validation_failed, naming every refused member.

Result<Registration> check(Registration registration);
// Refuses only credentials that no account can have.
Result<Credentials> check(Credentials credentials);
Result<ProfilePatch> check(ProfilePatch patch);
Result<AddressDraft> check(AddressDraft draft);
// By query parameter; the beginning of the address in lower case.
Result<UserQuery> check(UserQuery query);

}  // namespace souk::accounts::rules
