// Accounts, sessions and addresses, as they look on the wire.
// Threading: constants.
#pragma once

#include "accounts/types.h"
#include "api/wire/common_types.h"

namespace souk::api {

namespace account_facets {

inline constexpr Facets kEmail{.min_length = 3, .max_length = accounts::kMaxEmailLength};
inline constexpr Facets kName{.min_length = 1, .max_length = accounts::kMaxNameLength};
inline constexpr Facets kMailedToken{.max_length = 100,
                                     .example = R"("kq3nV0m1u5wq8Yc2rT7xZ4bD6fG9hJ1kL3mN5pQ7sU0")"};
inline constexpr std::string_view kUser =
    R"({"id":"018f1a00-1111-7aaa-8bbb-ccccdddd0001","email":"ada@example.com",)"
    R"("name":"Ada Lovelace","isAdmin":false,"createdAt":"2025-01-31T12:00:00.000000Z",)"
    R"("emailVerifiedAt":null})";

}  // namespace account_facets

template <>
inline constexpr auto describe<accounts::Registration> =
    object({.name = "Registration",
            .meaning = "A new account.",
            .example = R"({"email":"ada@example.com","password":"correct horse battery staple",)"
                       R"("name":"Ada Lovelace"})"},
           field("email", &accounts::Registration::email, account_facets::kEmail),
           field("password", &accounts::Registration::password,
                 {.meaning = "8 to 200 bytes of UTF-8.",
                  .min_length = 2,
                  .max_length = accounts::kMaxPasswordLength,
                  .format = "password"}),
           field("name", &accounts::Registration::name, account_facets::kName));

template <>
inline constexpr auto describe<accounts::Credentials> = object(
    {.name = "Credentials",
     .meaning = "The credentials of a user.",
     .example = R"({"email":"ada@example.com","password":"correct horse battery staple"})"},
    field("email", &accounts::Credentials::email, account_facets::kEmail),
    field("password", &accounts::Credentials::password,
          {.min_length = 1, .max_length = accounts::kMaxPasswordLength, .format = "password"}));

template <>
inline constexpr auto describe<accounts::User> = object(
    {.name = "User",
     .meaning = "An account, as its owner sees it.",
     .example = account_facets::kUser},
    field("id", &accounts::User::id),
    field("email", &accounts::User::email,
          {.meaning = "In lower case.", .min_length = 3, .max_length = accounts::kMaxEmailLength}),
    field("name", &accounts::User::name, account_facets::kName),
    field("isAdmin", &accounts::User::is_admin), field("createdAt", &accounts::User::created_at),
    field("emailVerifiedAt", &accounts::User::email_verified_at,
          {.meaning = "When the user confirmed a mail to this address; null: not yet."}));

template <>
inline constexpr auto describe<accounts::UserRecord> =
    object({.name = "UserRecord",
            .meaning = "An account, as an administrator sees it.",
            .example = R"({"id":"018f1a00-1111-7aaa-8bbb-ccccdddd0001","email":"ada@example.com",)"
                       R"("name":"Ada Lovelace","isAdmin":false,"isActive":true,)"
                       R"("createdAt":"2025-01-31T12:00:00.000000Z"})"},
           field("id", &accounts::UserRecord::id),
           field("email", &accounts::UserRecord::email, account_facets::kEmail),
           field("name", &accounts::UserRecord::name, account_facets::kName),
           field("isAdmin", &accounts::UserRecord::is_admin),
           field("isActive", &accounts::UserRecord::is_active,
                 {.meaning = "Whether the user can sign in."}),
           field("createdAt", &accounts::UserRecord::created_at));

template <>
inline constexpr auto describe<accounts::ProfilePatch> =
    object({.name = "UserPatch",
            .meaning = "Members that are present replace the user's.",
            .example = R"({"name":"Ada King"})"},
           field("name", &accounts::ProfilePatch::name,
                 {.presence = Presence::kOptional,
                  .min_length = 1,
                  .max_length = accounts::kMaxNameLength}));

template <>
inline constexpr auto describe<accounts::PasswordChange> = object(
    {.name = "PasswordChange",
     .meaning = "A new password, confirmed by the present one.",
     .example = R"({"currentPassword":"correct horse battery staple",)"
                R"("newPassword":"fine mule capacitor clip"})"},
    field("currentPassword", &accounts::PasswordChange::current,
          {.min_length = 1, .max_length = accounts::kMaxPasswordLength, .format = "password"}),
    field("newPassword", &accounts::PasswordChange::replacement,
          {.meaning = "8 to 200 bytes of UTF-8.",
           .min_length = 2,
           .max_length = accounts::kMaxPasswordLength,
           .format = "password"}));

template <>
inline constexpr auto describe<accounts::EmailAddress> =
    object({.name = "EmailAddress",
            .meaning = "The address of an account, which may exist or not.",
            .example = R"({"email":"ada@example.com"})"},
           field("email", &accounts::EmailAddress::email, account_facets::kEmail));

template <>
inline constexpr auto describe<accounts::AccountDeletion> = object(
    {.name = "AccountDeletion",
     .meaning = "The account's password, which confirms that it is to be erased.",
     .example = R"({"currentPassword":"correct horse battery staple"})"},
    field("currentPassword", &accounts::AccountDeletion::current_password,
          {.min_length = 1, .max_length = accounts::kMaxPasswordLength, .format = "password"}));

template <>
inline constexpr auto describe<accounts::EmailChange> = object(
    {.name = "EmailChange",
     .meaning = "A new e-mail address, confirmed by the account's password.",
     .example = R"({"email":"ada@example.org","currentPassword":"correct horse battery staple"})"},
    field("email", &accounts::EmailChange::email, account_facets::kEmail),
    field("currentPassword", &accounts::EmailChange::current_password,
          {.min_length = 1, .max_length = accounts::kMaxPasswordLength, .format = "password"}));

template <>
inline constexpr auto describe<accounts::Confirmation> =
    object({.name = "Confirmation", .meaning = "The token of a mail, which is used once."},
           field("token", &accounts::Confirmation::token, account_facets::kMailedToken),
           field("password", &accounts::Confirmation::password,
                 {.meaning = "Of a registration: the password that it chose, since the mail may "
                             "have been asked for by somebody else. Otherwise not looked at.",
                  .presence = Presence::kOptional,
                  .min_length = 1,
                  .max_length = accounts::kMaxPasswordLength,
                  .format = "password"}));

template <>
inline constexpr auto describe<accounts::NewPassword> =
    object({.name = "NewPassword", .meaning = "A new password, by the token of a mail."},
           field("token", &accounts::NewPassword::token, account_facets::kMailedToken),
           field("newPassword", &accounts::NewPassword::password,
                 {.meaning = "8 to 200 bytes of UTF-8.",
                  .min_length = 2,
                  .max_length = accounts::kMaxPasswordLength,
                  .format = "password",
                  .example = R"("fine mule capacitor clip")"}));

template <>
inline constexpr auto describe<accounts::OwnSession> = object(
    {.name = "OwnSession", .meaning = "One of the caller's sessions."},
    field("id", &accounts::OwnSession::id),
    field("client", &accounts::OwnSession::client,
          {.meaning = "What the client called itself when it signed in (User-Agent), shortened.",
           .max_length = accounts::kMaxClientLength,
           .example = R"("Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0")"}),
    field("createdAt", &accounts::OwnSession::created_at),
    field("lastUsedAt", &accounts::OwnSession::last_used_at,
          {.meaning = "Noted at an interval: at most 5 minutes ago by now when it is in use."}),
    field("expiresAt", &accounts::OwnSession::expires_at,
          {.meaning = "When it ends, unless it is used before."}),
    field("isCurrent", &accounts::OwnSession::is_current,
          {.meaning = "Whether it is that of this request."}));

template <>
inline constexpr auto describe<accounts::Session> =
    object({.name = "Session",
            .meaning = "Authentication of a user, to be sent as `Authorization: Bearer TOKEN`."},
           field("token", &accounts::Session::token,
                 {.meaning = "Shown only once.",
                  .pattern = "^[A-Za-z0-9_-]{43}$",
                  .example = R"("kq3nV0m1u5wq8Yc2rT7xZ4bD6fG9hJ1kL3mN5pQ7sU0")",
                  .is_secret = true}),
           field("expiresAt", &accounts::Session::expires_at,
                 {.meaning = "When it ends, unless it is used before."}),
           field("user", &accounts::Session::user));

// Common members of an address draft and an address.
template <class T, Presence kLabels>
inline constexpr auto kAddressMembers = std::tuple{
    field("label", &T::label,
          {.presence = kLabels,
           .max_length = 50,
           .default_value = kLabels == Presence::kOptional ? R"("")" : "",
           .example = R"("Home")"}),
    field("recipient", &T::recipient,
          {.min_length = 1, .max_length = 200, .example = R"("Ada Lovelace")"}),
    field("line1", &T::line1,
          {.min_length = 1, .max_length = 200, .example = R"("12 St James's Square")"}),
    field("line2", &T::line2,
          {.presence = kLabels,
           .max_length = 200,
           .default_value = kLabels == Presence::kOptional ? R"("")" : ""}),
    field("city", &T::city, {.min_length = 1, .max_length = 100, .example = R"("London")"}),
    field("postalCode", &T::postal_code,
          {.min_length = 1, .max_length = 20, .example = R"("SW1Y 4JH")"}),
    field("country", &T::country,
          {.meaning = "ISO 3166-1 alpha-2.", .pattern = "^[A-Z]{2}$", .example = R"("GB")"}),
    field("isDefault", &T::is_default,
          {.meaning =
               "The default address remains the default until another address is made the default.",
           .presence = kLabels,
           .default_value = kLabels == Presence::kOptional ? "false" : ""})};

template <>
inline constexpr auto describe<accounts::AddressDraft> =
    object({.name = "AddressDraft", .meaning = "An address as its owner writes it."},
           kAddressMembers<accounts::AddressDraft, Presence::kOptional>);

// An address as its owner writes it, or as a GET gave it.
struct AddressReplacement : accounts::AddressDraft {
  std::optional<AddressId> id;
};

template <>
inline constexpr auto describe<AddressReplacement> =
    object({.name = "AddressReplacement",
            .meaning = "An address as its owner writes it or as a GET gave it."},
           std::tuple_cat(kAddressMembers<AddressReplacement, Presence::kOptional>,
                          std::tuple{field("id", &AddressReplacement::id,
                                           {.meaning = "Must be that of the path.",
                                            .presence = Presence::kOptional})}));

template <>
inline constexpr auto describe<accounts::Address> =
    object({.name = "Address", .meaning = "A delivery address."},
           std::tuple_cat(std::tuple{field("id", &accounts::Address::id)},
                          kAddressMembers<accounts::Address, Presence::kAlways>));

}  // namespace souk::api
