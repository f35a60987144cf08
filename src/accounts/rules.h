// What accounts accepts, and in which form it is kept. Pure.
// Threading: any.
#pragma once

#include "accounts/types.h"
#include "base/error.h"

namespace souk::accounts::rules {

// Each hands back its argument as it is stored: the e-mail address in lower case, a new password
// normalised, the rest unchanged. Errors: validation_failed, naming every member that is refused.

Result<Registration> check(Registration registration);
// Only what could never belong to an account is refused here.
Result<Credentials> check(Credentials credentials);
Result<ProfilePatch> check(ProfilePatch patch);
Result<AddressDraft> check(AddressDraft draft);

}  // namespace souk::accounts::rules
