#include "base/idempotency.h"

#include <sodium/crypto_hash_sha256.h>

namespace souk {

static_assert(std::tuple_size_v<RequestHash> == crypto_hash_sha256_BYTES);

RequestHash hash_of_request(std::string_view canonical) {
  RequestHash hash;
  ::crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(canonical.data()),
                       canonical.size());
  return hash;
}

}  // namespace souk
