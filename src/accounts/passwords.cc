#include "accounts/passwords.h"

#include <fmt/format.h>
#include <sodium.h>

#include <array>
#include <new>

#include "base/assert.h"

namespace souk::accounts {
namespace {

// Picks the fastest implementation for this processor; all calls but the first do nothing.
void initialise_sodium() { SOUK_ASSERT(sodium_init() >= 0); }

}  // namespace

std::string hash_password(std::string_view password) {
  initialise_sodium();
  std::array<char, crypto_pwhash_STRBYTES> encoded{};
  if (crypto_pwhash_str_alg(encoded.data(), password.data(), password.size(), kHashPasses,
                            kHashMemoryBytes, crypto_pwhash_ALG_ARGON2ID13) != 0) {
    throw std::bad_alloc();
  }
  return encoded.data();
}

bool verify_password(const std::string& hash, std::string_view password) {
  initialise_sodium();
  if (hash.size() >= crypto_pwhash_STRBYTES) return false;
  return crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

std::string unmatchable_hash() {
  constexpr std::size_t kSaltLength = 22;    // 16 bytes in base64
  constexpr std::size_t kResultLength = 43;  // 32 bytes: all zero, which nobody will meet
  return fmt::format("$argon2id$v=19$m={},t={},p=1${:A<{}}${:A<{}}", kHashMemoryBytes / 1024,
                     kHashPasses, "", kSaltLength, "", kResultLength);
}

}  // namespace souk::accounts
