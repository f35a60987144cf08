#include "redis/secret.h"

#include <sodium.h>

#include "base/encoding.h"

namespace souk::redis {
namespace {

Mac siphash(const Secret& secret, std::string_view bytes) {
  static_assert(sizeof(Mac) == crypto_shorthash_siphashx24_BYTES &&
                sizeof(Secret) == crypto_shorthash_siphashx24_KEYBYTES);
  Mac mac{};
  crypto_shorthash_siphashx24(mac.data(), reinterpret_cast<const std::uint8_t*>(bytes.data()),
                              bytes.size(), secret.data());
  return mac;
}

}  // namespace

// Derives a secret per key, so that key and bytes need not be concatenated.
Mac mac_of(const Secret& secret, std::string_view key, std::string_view bytes) {
  return siphash(siphash(secret, key), bytes);
}

std::string secret_name(const Secret& secret, std::string_view kind, std::string_view of) {
  return std::string(kind).append(to_hex(mac_of(secret, kind, of)));
}

bool same_mac(const Mac& mac, std::string_view other) {
  return other.size() == mac.size() && sodium_memcmp(mac.data(), other.data(), mac.size()) == 0;
}

}  // namespace souk::redis
