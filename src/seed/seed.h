// Fills an empty database with a demo shop, and hands out sessions for it.
//
// Threading: blocks; call from a thread that has nothing else to do.
// Everything is one transaction: a seed that dies leaves the database as it was.
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

// Where fresh secrets are written, one a line, for their owner's eyes only (mode 0600). An empty
// path makes none of that kind. The admin has no password, only a token.
struct TokenFiles {
  std::filesystem::path customers;  // in the order of their age
  std::uint64_t customers_max = 10'000;
  std::filesystem::path admin;
  // The one password of all demo customers, random in each shop. Without it nobody can sign in as
  // them.
  std::filesystem::path password = {};
};

// `table` in the making: so many of so many.
using Progress = std::function<void(std::string_view table, std::uint64_t done, std::uint64_t of)>;

struct SeedOptions {
  ShopSize size;
  std::uint64_t seed = 1;
  bool reset = false;  // throw away what the shop holds
  TokenFiles tokens;
  Progress progress = [](auto...) {};
};

// Whether the shop holds nothing at all: no category, product, user or order.
// Errors: as seed().
Result<bool> is_empty(const std::string& conninfo);

// The same seed on the same day (UTC) gives the same rows but for password hashes and sessions: the
// shop's history ends when the day of `clock` began. Needs the schema; waits for writers.
// Errors: kInvalidRequest for sizes that make no sense, kPreconditionFailed where the database is
// not empty and `reset` is not set or has no tables, kUnavailable and kInternal as the server says,
// kInternal where a token file cannot be written.
Result<> seed(const std::string& conninfo, const SeedOptions& options, const Clock& clock);

// New sessions for users that are already there, when the files were lost or have expired, by
// the database's clock; the password stays as it is.
// Errors: as seed(), and kPreconditionFailed, with no file written, where the shop has no user of a
// kind that is asked for.
Result<> issue_tokens(const std::string& conninfo, const TokenFiles& files);

}  // namespace souk::seed
