#include "accounts/passwords.h"

#include <fmt/format.h>
#include <sodium.h>
#include <utf8proc.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <new>

#include "base/assert.h"

namespace souk::accounts {
namespace {

constexpr auto kNfc = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);

// Selects the fastest implementation for this processor; later calls do nothing.
void initialise_sodium() { SOUK_ASSERT(sodium_init() >= 0); }

bool matches(const std::string& hash, std::string_view password) {
  return crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

}  // namespace

std::string normalise_password(std::string_view password) {
  utf8proc_uint8_t* text = nullptr;
  const auto size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(password.data()),
                                 static_cast<utf8proc_ssize_t>(password.size()), &text, kNfc);
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(text, &std::free);
  if (size == UTF8PROC_ERROR_NOMEM) throw std::bad_alloc();
  if (size < 0) return std::string(password);
  return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)};
}

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
  const auto normalised = normalise_password(password);
  return matches(hash, normalised) || (normalised != password && matches(hash, password));
}

std::string unmatchable_hash() {
  constexpr std::size_t kSaltLength = 22;    // 16 bytes in base64
  constexpr std::size_t kResultLength = 43;  // 32 zero bytes, which no password gives
  return fmt::format("$argon2id$v=19$m={},t={},p=1${:A<{}}${:A<{}}", kHashMemoryBytes / 1024,
                     kHashPasses, "", kSaltLength, "", kResultLength);
}

}  // namespace souk::accounts
