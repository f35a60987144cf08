// Users, their sessions and addresses.
// Threading: plain values.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"

namespace souk::accounts {

inline constexpr std::size_t kMaxEmailLength = 254;   // RFC 5321
inline constexpr std::size_t kMaxNameLength = 200;    // code points
inline constexpr std::size_t kMinPasswordLength = 8;  // bytes
inline constexpr std::size_t kMaxPasswordLength = 200;
inline constexpr std::size_t kMaxAddresses = 50;  // active ones of one user
inline constexpr std::size_t kMaxSessions = 100;  // of one user; the least used end above it
inline constexpr std::size_t kMaxClientLength = 120;

// The first half of the token's hash: it opens nothing.
using SessionId = Id<struct SessionTag>;

struct User {
  UserId id;
  std::string email;  // lower-case
  std::string name;
  bool is_admin = false;
  Timestamp created_at;
  std::optional<Timestamp> email_verified_at = {};  // when its owner has shown to read its mail
};

// The authenticated user of a request.
struct Principal {
  UserId user_id;
  bool is_admin = false;
  bool is_load_test = false;  // a load tester's session: not limited
};

struct Registration {
  std::string email;
  std::string password;
  std::string name;
};

struct Credentials {
  std::string email;
  std::string password;
};

struct PasswordChange {
  std::string current;
  std::string replacement;
};

struct EmailAddress {
  std::string email;
};

struct AccountDeletion {
  std::string current_password;
};

struct EmailChange {
  std::string email;
  std::string current_password;
};

// What a mailed token is handed in for.
struct Confirmation {
  std::string token;
  std::optional<std::string> password = {};  // of a registration: the one that it chose
};

struct NewPassword {
  std::string token;
  std::string password;
};

struct Session {
  std::string token;  // shown once, stored only as a hash
  Timestamp expires_at;
  User user;
};

// A session as its user sees it in the list.
struct OwnSession {
  SessionId id;
  std::string client;  // its User-Agent, shortened; printable ASCII
  Timestamp created_at;
  Timestamp last_used_at;  // up to SessionUses::kLongestKept late
  Timestamp expires_at;    // unless it is used
  bool is_current = false;
};

// Why a sign-in, a registration or a change was refused, and after a delay, when to retry.
struct Refusal {
  Error error;
  std::chrono::seconds retry_after{1};
};

struct ProfilePatch {
  std::optional<std::string> name;
};

struct AddressDraft {
  std::string label;  // may be empty
  std::string recipient;
  std::string line1;
  std::string line2;  // may be empty
  std::string city;
  std::string postal_code;
  std::string country;  // ISO 3166-1 alpha-2
  bool is_default = false;
};

struct Address : AddressDraft {
  AddressId id;
};

// A user, whether they can sign in or not.
struct UserRecord : User {
  bool is_active = true;
};

enum class Role : std::uint8_t { kCustomer, kAdmin };

inline constexpr std::size_t kDefaultUsersPage = 20;
inline constexpr std::size_t kMaxUsersPage = 100;

// A page in the order of e-mail addresses.
struct UserQuery {
  std::string email;  // the beginning of their addresses; empty: any
  std::optional<Role> role;
  bool is_active = true;
  std::size_t limit = kDefaultUsersPage;  // 1 to kMaxUsersPage
  std::optional<std::string> after;       // the last address of the page before
};

struct UserPage {
  std::vector<UserRecord> items;
  std::optional<std::string> next;  // nothing on the last page
};

}  // namespace souk::accounts
