#include "accounts/known_networks.h"

#include <sodium.h>

namespace souk::accounts {

NetworkHash network_hash(std::string_view email, const ClientNetwork& network) {
  NetworkHash hash{};
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, hash.size());
  crypto_generichash_update(&state, network.bytes().data(), network.bytes().size());
  crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(email.data()),
                            email.size());
  crypto_generichash_final(&state, hash.data(), hash.size());
  return hash;
}

}  // namespace souk::accounts
