// Passwords are stored as argon2id (RFC 9106) in the usual encoded form, with the parameters of the
// OWASP password storage cheat sheet. Hashes with other parameters still verify.
// Threading: pure functions, any thread except event loops: each takes tens of milliseconds and
// kHashMemoryBytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace souk::accounts {

inline constexpr std::size_t kHashMemoryBytes = 19 * 1024 * 1024;
inline constexpr unsigned kHashPasses = 2;

// Unicode NFC, as NIST SP 800-63B requires: the same characters typed on different keyboards give
// the same bytes. Text that is not UTF-8 is unchanged.
std::string normalise_password(std::string_view password);

// Throws std::bad_alloc.
std::string hash_password(std::string_view password);
// Tries the password normalised, then as typed if different: old hashes were made before passwords
// were normalised. False for a malformed hash too.
bool verify_password(const std::string& hash, std::string_view password);
// A hash that no password matches, as costly to verify as a real one, for sign-ins with an unknown
// address.
std::string unmatchable_hash();

}  // namespace souk::accounts
