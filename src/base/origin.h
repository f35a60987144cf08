// Whom an order or a hold counts for in the limits on what is open at a time.
// Threading: plain values.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>

#include "base/client_network.h"

namespace souk {

// A network as the database keeps it: of an IPv4 address its bytes, of IPv6 the /64. Never 0.
using NetworkKey = std::int64_t;

inline std::optional<NetworkKey> key_of(const ClientNetwork& network) {
  if (!network.counts()) return std::nullopt;
  std::array<NetworkKey, 2> halves{};  // one of them is empty, but for what marks IPv4
  std::memcpy(halves.data(), network.bytes().data(), sizeof(halves));
  return halves[0] ^ halves[1];
}

struct Origin {
  bool limited = true;                // false: it counts for nobody
  std::optional<NetworkKey> network;  // nothing: for its user alone
};

}  // namespace souk
