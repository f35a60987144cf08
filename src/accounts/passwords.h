// Passwords are kept as argon2id (RFC 9106) in the usual encoded form, with the parameters that the
// OWASP password storage cheat sheet recommends. A hash made with other parameters still verifies.
// Threading: pure functions, any thread; each takes tens of milliseconds and kHashMemoryBytes, so
// never an event loop's.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace souk::accounts {

inline constexpr std::size_t kHashMemoryBytes = 19 * 1024 * 1024;
inline constexpr unsigned kHashPasses = 2;

// In Unicode's NFC, as NIST SP 800-63B asks: the same characters typed on different keyboards are
// the same bytes then. Text that is not UTF-8 stays as it is.
std::string normalise_password(std::string_view password);

// Throws std::bad_alloc where there is no memory for it.
std::string hash_password(std::string_view password);
// Tries the password normalised, then as it was typed where that differs: hashes that were made
// before passwords were normalised are of what was typed. False also for a hash that is not one.
bool verify_password(const std::string& hash, std::string_view password);
// A hash no password has, as costly to verify as a real one: whoever signs in with an unknown
// address waits as long as everybody else.
std::string unmatchable_hash();

}  // namespace souk::accounts
