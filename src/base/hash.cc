#include "base/hash.h"

#include <sodium.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <cstring>

#include "base/random.h"

namespace souk {
namespace {

using Key = std::array<std::uint8_t, crypto_shorthash_KEYBYTES>;

Key draw_key() {
  Key key{};
  SystemRandom().fill(key);
  return key;
}

}  // namespace

std::uint64_t fast_hash(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

std::uint64_t keyed_hash(std::string_view text) {
  static const Key kKey = draw_key();
  std::array<std::uint8_t, crypto_shorthash_BYTES> bytes{};
  crypto_shorthash(bytes.data(), reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                   kKey.data());
  std::uint64_t hash = 0;
  std::memcpy(&hash, bytes.data(), sizeof(hash));
  return hash;
}

}  // namespace souk
