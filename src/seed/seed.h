// Fills an empty database with a demo shop, and issues sessions for it.
//
// Threading: blocks; not for an event loop.
// Everything is one transaction: an aborted seed leaves the database unchanged.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "seed/demo_shop.h"

namespace souk::seed {

inline constexpr std::string_view kAdminEmail = "admin@souk.example";
inline constexpr std::chrono::days kSessionLifetime{30};
inline constexpr std::int64_t kRowsMax = 100'000'000;  // of a kind

// Files for new secrets, one per line, readable by their owner only (mode 0600). An empty path:
// none of that kind. The admin has only a token, no password.
struct TokenFiles {
  std::filesystem::path customers;  // in the order of their age
  std::uint64_t customers_max = 10'000;
  std::filesystem::path admin;
  // The common password of all demo customers, random in each shop. Without this file nobody can
  // sign in as them.
  std::filesystem::path password = {};
};

// `done` of `of` rows of `table` are loaded.
using Progress = std::function<void(std::string_view table, std::uint64_t done, std::uint64_t of)>;

struct SeedOptions {
  ShopSize size;
  std::uint64_t seed = 1;
  bool reset = false;  // delete the shop's data first
  TokenFiles tokens;
  Progress progress = [](auto...) {};
};

// Whether the shop has no category, product, user or order.
// Errors: as seed().
Result<bool> is_empty(const std::string& conninfo);

// The same seed on the same day (UTC) gives the same rows except password hashes and sessions: the
// shop's history ends at the beginning of `clock`'s day. Needs the schema; waits for writers.
// Errors: kInvalidRequest for invalid sizes, kPreconditionFailed when the database has no tables,
// or is not empty and `reset` is not set, kUnavailable and kInternal from the server, kInternal
// when a token file cannot be written.
Result<> seed(const std::string& conninfo, const SeedOptions& options, const Clock& clock);

// Issues new sessions for existing users, when the files were lost or have expired, by the
// database's clock; the password is unchanged. Errors: as seed(), and kPreconditionFailed, with no
// file written, when the shop has no user of a requested kind.
Result<> issue_tokens(const std::string& conninfo, const TokenFiles& files);

}  // namespace souk::seed
