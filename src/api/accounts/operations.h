// /api/users, /api/users/me with its addresses, and /api/sessions.
// Threading: constants.
#pragma once

#include "accounts/error_codes.h"
#include "api/accounts/queries.h"
#include "api/accounts/types.h"
#include "api/operation/operation.h"

namespace souk::api {

inline constexpr std::size_t kMaxAccountBytes = 16 * 1024;

inline constexpr Operation kRegisterUser{
    .name = "registerUser",
    .tag = Tag::kUsers,
    .summary = "Register",
    .method = http::Method::kPost,
    .path = "/api/users",
    .priority = http::Priority::kAccount,
    .quota = http::Quota::kRegistration,
    .statements = 2,
    .takes = body<accounts::Registration>(kMaxAccountBytes),
    .answers = {one<accounts::User>(201, "The new account.", {.location = true}),
                {.status = 202,
                 .meaning = "Where addresses are verified: a mail was sent, whose token opens the "
                            "account, or which says that there is one already."}},
    .refusals = {{accounts::errors::kEmailTaken, "another account uses the address."},
                 {ErrorCode::kTooManyRequests,
                  "after wrong passwords for the account or from this network, or because too many "
                  "passwords from it are waiting to be checked; try again after Retry-After."}}};

inline constexpr Operation kListUsers{.name = "listUsers",
                                      .tag = Tag::kUsers,
                                      .summary = "List users",
                                      .description = "In the order of their e-mail addresses.",
                                      .path = "/api/users",
                                      .access = kAdmin,
                                      .priority = http::Priority::kOperator,
                                      .statements = 2,
                                      .query = &kComponent<UserListing>,
                                      .answers = {page<accounts::UserRecord>("A page.")}};

inline constexpr Operation kGetUser{.name = "getUser",
                                    .tag = Tag::kUsers,
                                    .summary = "Read a user",
                                    .path = "/api/users/{id}",
                                    .access = kAdmin,
                                    .priority = http::Priority::kOperator,
                                    .statements = 2,
                                    .answers = {one<accounts::UserRecord>(200, "The user.")}};

inline constexpr Operation kGetCurrentUser{.name = "getCurrentUser",
                                           .tag = Tag::kUsers,
                                           .summary = "Read the caller's account",
                                           .path = "/api/users/me",
                                           .access = kUser,
                                           .priority = http::Priority::kAccount,
                                           .statements = 2,
                                           .answers = {one<accounts::User>(200, "The account.")}};

inline constexpr Operation kChangeCurrentUser{
    .name = "changeCurrentUser",
    .tag = Tag::kUsers,
    .summary = "Change the caller's account",
    .method = http::Method::kPatch,
    .path = "/api/users/me",
    .access = kUser,
    .priority = http::Priority::kAccount,
    .statements = 2,
    .takes = body<accounts::ProfilePatch>(kMaxAccountBytes),
    .answers = {one<accounts::User>(200, "The changed account.")}};

inline constexpr Operation kListAddresses{.name = "listAddresses",
                                          .tag = Tag::kUsers,
                                          .summary = "List the caller's addresses",
                                          .path = "/api/users/me/addresses",
                                          .access = kUser,
                                          .priority = http::Priority::kAccount,
                                          .statements = 2,
                                          .answers = {page<accounts::Address>("All of them.")}};

inline constexpr Operation kAddAddress{
    .name = "addAddress",
    .tag = Tag::kUsers,
    .summary = "Add an address",
    .method = http::Method::kPost,
    .path = "/api/users/me/addresses",
    .access = kUser,
    .priority = http::Priority::kAccount,
    .statements = 3,
    .takes = body<accounts::AddressDraft>(kMaxAccountBytes),
    .answers = {one<accounts::Address>(201, "The new address; the first one is the default.",
                                       {.location = true})},
    .refusals = {{ErrorCode::kLimitReached, "a user has at most 50 addresses."}}};

inline constexpr Operation kGetAddress{.name = "getAddress",
                                       .tag = Tag::kUsers,
                                       .summary = "Read one of the caller's addresses",
                                       .path = "/api/users/me/addresses/{id}",
                                       .access = kUser,
                                       .priority = http::Priority::kAccount,
                                       .statements = 2,
                                       .answers = {one<accounts::Address>(200, "The address.")}};

inline constexpr Operation kReplaceAddress{
    .name = "replaceAddress",
    .tag = Tag::kUsers,
    .summary = "Replace one of the caller's addresses",
    .method = http::Method::kPut,
    .path = "/api/users/me/addresses/{id}",
    .access = kUser,
    .priority = http::Priority::kAccount,
    .statements = 3,
    .takes = body<AddressReplacement>(kMaxAccountBytes),
    .answers = {one<accounts::Address>(200,
                                       "The changed address. If orders were sent to the old one, "
                                       "it is kept for them and the changed one has a new id.",
                                       {.content_location = true})}};

inline constexpr Operation kRemoveAddress{
    .name = "removeAddress",
    .tag = Tag::kUsers,
    .summary = "Delete one of the caller's addresses",
    .method = http::Method::kDelete,
    .path = "/api/users/me/addresses/{id}",
    .access = kUser,
    .priority = http::Priority::kAccount,
    .statements = 3,
    .answers = {
        nothing("Deleted; if it was the default, the oldest of the others is the default now.")}};

inline constexpr Operation kChangePassword{
    .name = "changePassword",
    .tag = Tag::kUsers,
    .summary = "Change the caller's password",
    .description = "Ends the caller's other sessions; that of the request stays.",
    .method = http::Method::kPost,
    .path = "/api/users/me/password",
    .access = kUser,
    .priority = http::Priority::kAccount,
    .quota = http::Quota::kSignIn,
    .statements = 5,
    .takes = body<accounts::PasswordChange>(kMaxAccountBytes),
    .answers = {nothing("Changed; all other sessions have ended.")},
    .refusals = {{accounts::errors::kWrongPassword, "`currentPassword` is wrong."},
                 {ErrorCode::kTooManyRequests,
                  "after wrong passwords for the account or from this network, or because too many "
                  "passwords from it are waiting to be checked; try again after Retry-After."}}};

inline constexpr Operation kEraseAccount{
    .name = "eraseAccount",
    .tag = Tag::kUsers,
    .summary = "Erase the caller's account",
    .description =
        "For good: name, e-mail address, addresses and sessions go. Orders are kept, "
        "without them. The e-mail address is free for a new account.",
    .method = http::Method::kPost,
    .path = "/api/users/me/deletion",
    .access = kUser,
    .priority = http::Priority::kAccount,
    .quota = http::Quota::kSignIn,
    .statements = 5,
    .takes = body<accounts::AccountDeletion>(kMaxAccountBytes),
    .answers = {nothing("Erased; no token of the account is valid any more.")},
    .refusals = {
        {accounts::errors::kWrongPassword, "`currentPassword` is wrong."},
        {accounts::errors::kOrdersOpen,
         "an order is neither delivered nor cancelled nor refunded: it needs its address."},
        {ErrorCode::kForbidden, "administrators are disabled by an operator."},
        {ErrorCode::kTooManyRequests,
         "after wrong passwords for the account or from this network, or because too many "
         "passwords from it are waiting to be checked; try again after Retry-After."}}};

inline constexpr Operation kExportAccount{
    .name = "exportAccount",
    .tag = Tag::kUsers,
    .summary = "Export all that the shop has of the caller",
    .description = "Account, addresses, sessions and orders. The answer is streamed.",
    .path = "/api/users/me/export",
    .access = kUser,
    .priority = http::Priority::kExport,
    .statements = 4,
    .streamed_statements = "One for each 100 orders.",
    .answers = {{.meaning = "An object with the members `user`, `addresses`, `sessions` and "
                            "`orders`, which have the forms of the respective operations.",
                 .shape = Reply::Shape::kAnyObject}}};

inline constexpr Operation kListSessions{
    .name = "listSessions",
    .tag = Tag::kSessions,
    .summary = "List the caller's sessions",
    .path = "/api/users/me/sessions",
    .access = kUser,
    .priority = http::Priority::kAccount,
    .statements = 2,
    .answers = {all<accounts::OwnSession>("The last used first.")}};

inline constexpr Operation kEndSession{.name = "endSession",
                                       .tag = Tag::kSessions,
                                       .summary = "End one of the caller's sessions",
                                       .method = http::Method::kDelete,
                                       .path = "/api/users/me/sessions/{id}",
                                       .access = kUser,
                                       .priority = http::Priority::kAccount,
                                       .statements = 2,
                                       .answers = {nothing("Its token is no longer valid.")}};

inline constexpr Operation kEndSessions{
    .name = "endSessions",
    .tag = Tag::kSessions,
    .summary = "End all of the caller's sessions",
    .method = http::Method::kDelete,
    .path = "/api/users/me/sessions",
    .access = kUser,
    .priority = http::Priority::kAccount,
    .statements = 2,
    .answers = {nothing("None of their tokens is valid any more, nor is that of the request.")}};

inline constexpr Operation kSignIn{
    .name = "signIn",
    .tag = Tag::kSessions,
    .summary = "Sign in",
    .method = http::Method::kPost,
    .path = "/api/sessions",
    .priority = http::Priority::kAccount,
    .quota = http::Quota::kSignIn,
    .statements = 2,
    .takes = body<accounts::Credentials>(kMaxAccountBytes),
    .answers = {one<accounts::Session>(201, "A session.")},
    .refusals = {{accounts::errors::kInvalidCredentials,
                  "the address or the password is wrong; both take the same time."},
                 {ErrorCode::kTooManyRequests,
                  "after wrong passwords for the account or from this network, or because too many "
                  "passwords from it are waiting to be checked; try again after Retry-After."}}};

inline constexpr Operation kSignOut{
    .name = "signOut",
    .tag = Tag::kSessions,
    .summary = "Sign out",
    .method = http::Method::kDelete,
    .path = "/api/sessions",
    .access = kUser,
    .priority = http::Priority::kAccount,
    .statements = 2,
    .answers = {nothing("The request's token is no longer valid.")}};

}  // namespace souk::api
