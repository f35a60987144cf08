// The refusals that only accounts know.
// Threading: constants.
#pragma once

#include "base/error.h"

namespace souk::accounts::errors {

inline constexpr ErrorInfo kInvalidCredentials{"invalid_credentials", 401,
                                               "The e-mail address or the password is wrong."};
inline constexpr ErrorInfo kWrongPassword{
    "wrong_password", 403, "The account's present password, which confirms a change, is wrong."};
inline constexpr ErrorInfo kInvalidToken{
    "invalid_token", 403, "The token of a mail was not issued, was used, or has expired."};
inline constexpr ErrorInfo kOrdersOpen{
    "orders_open", 409, "The account has orders that are neither delivered nor ended."};
inline constexpr ErrorInfo kEmailTaken{"email_taken", 409,
                                       "Another account already uses this e-mail address."};

}  // namespace souk::accounts::errors
