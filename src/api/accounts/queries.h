// The query of the list of users.
// Threading: constants.
#pragma once

#include "accounts/types.h"
#include "api/wire/query.h"

namespace souk::api {

inline constexpr std::array<std::string_view, 2> kRoleNames = {"customer", "admin"};
inline constexpr std::array<std::string_view, 2> kBooleanNames = {"false", "true"};

enum class Active : std::uint8_t { kNo, kYes };

struct UserListing {
  std::string email;
  std::optional<accounts::Role> role;
  std::optional<Active> active;
  std::size_t limit = accounts::kDefaultUsersPage;
  std::optional<std::string> cursor;
};

template <>
inline constexpr auto describe<UserListing> = query_object(std::tuple_cat(
    std::tuple{
        field("email", &UserListing::email,
              {.meaning = "The beginning of the e-mail address, or all of it.",
               .presence = Presence::kOptional,
               .max_length = accounts::kMaxEmailLength}),
        field("role", &UserListing::role, kRoleNames, {.presence = Presence::kOptional}),
        field("active", &UserListing::active, kBooleanNames,
              {.meaning = "`false` lists the users who cannot sign in instead of the others.",
               .presence = Presence::kOptional})},
    kPageFields<UserListing>));

}  // namespace souk::api
