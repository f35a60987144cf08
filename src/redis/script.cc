#include "redis/script.h"

#include <openssl/sha.h>

#include <array>
#include <span>

#include "base/encoding.h"

namespace souk::redis {

Script::Script(std::string_view text) : text_(text) {
  std::array<std::uint8_t, SHA_DIGEST_LENGTH> digest{};
  ::SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  digest_ = to_hex(digest);
}

}  // namespace souk::redis
