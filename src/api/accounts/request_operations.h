// /api/users: what is confirmed by a token that is mailed.
// Threading: constants.
#pragma once

#include "accounts/error_codes.h"
#include "api/accounts/types.h"
#include "api/operation/operation.h"

namespace souk::api {

inline constexpr std::size_t kMaxRequestBytes = 16 * 1024;

inline constexpr Refusal kSendsNoMail{ErrorCode::kUnavailable, "the shop sends no mail."};
inline constexpr Refusal kTokenIsNotValid{accounts::errors::kInvalidToken,
                                          "the token was not issued, was used, or has expired."};

inline constexpr Operation kForgotPassword{
    .name = "forgotPassword",
    .tag = Tag::kUsers,
    .summary = "Ask for a new password",
    .method = http::Method::kPost,
    .path = "/api/users/password-resets",
    .priority = http::Priority::kAccount,
    .quota = http::Quota::kRegistration,
    .statements = 2,
    .takes = body<accounts::EmailAddress>(kMaxRequestBytes),
    .answers = {{.status = 202,
                 .meaning =
                     "If there is an account with this address, a mail with a token was sent "
                     "to it. The answer and its time are the same if there is none."}},
    .refusals = {kSendsNoMail}};

inline constexpr Operation kResetPassword{
    .name = "resetPassword",
    .tag = Tag::kUsers,
    .summary = "Choose a new password by the token of a mail",
    .description = "Ends all sessions of the account.",
    .method = http::Method::kPost,
    .path = "/api/users/password-resets/confirmations",
    .priority = http::Priority::kAccount,
    .quota = http::Quota::kSignIn,
    .statements = 3,
    .takes = body<accounts::NewPassword>(kMaxRequestBytes),
    .answers = {nothing("The password was changed.")},
    .refusals = {kTokenIsNotValid,
                 {ErrorCode::kTooManyRequests,
                  "because too many passwords from this network are waiting to be checked."}}};

inline constexpr Operation kConfirmEmail{
    .name = "confirmEmail",
    .tag = Tag::kUsers,
    .summary = "Confirm a registration or an e-mail address by the token of a mail",
    .method = http::Method::kPost,
    .path = "/api/users/confirmations",
    .priority = http::Priority::kAccount,
    .quota = http::Quota::kSignIn,
    .statements = 5,
    .takes = body<accounts::Confirmation>(kMaxRequestBytes),
    .answers = {nothing("The account is open, or the address is confirmed, or is the account's "
                        "now.")},
    .refusals = {kTokenIsNotValid,
                 {accounts::errors::kEmailTaken, "another account has taken the address since."},
                 {ErrorCode::kTooManyRequests,
                  "because too many passwords from this network are waiting to be checked."}}};

inline constexpr Operation kVerifyEmail{
    .name = "verifyEmail",
    .tag = Tag::kUsers,
    .summary = "Ask for a mail that confirms the caller's e-mail address",
    .method = http::Method::kPost,
    .path = "/api/users/me/email-verification",
    .access = kUser,
    .priority = http::Priority::kAccount,
    .statements = 4,
    .answers = {{.status = 202, .meaning = "A mail with a token was sent."}},
    .refusals = {kSendsNoMail}};

inline constexpr Operation kChangeEmail{
    .name = "changeEmail",
    .tag = Tag::kUsers,
    .summary = "Change the caller's e-mail address",
    .description =
        "A mail with a token goes to the new address, and when it is confirmed, one to "
        "the old address.",
    .method = http::Method::kPost,
    .path = "/api/users/me/email",
    .access = kUser,
    .priority = http::Priority::kAccount,
    .quota = http::Quota::kSignIn,
    .statements = 5,
    .takes = body<accounts::EmailChange>(kMaxRequestBytes),
    .answers = {{.status = 202,
                 .meaning = "A mail with a token was sent to the new address, unless another "
                            "account has it."}},
    .refusals = {kSendsNoMail,
                 {accounts::errors::kWrongPassword, "`currentPassword` is wrong."},
                 {ErrorCode::kTooManyRequests,
                  "after wrong passwords for the account or from this network, or because too many "
                  "passwords from it are waiting to be checked; try again after Retry-After."}}};

}  // namespace souk::api
