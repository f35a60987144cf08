// Where an order or a hold comes from, for the limits on open orders and holds.
// Threading: plain values.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>

#include "base/client_network.h"

namespace souk {

// A network as stored in the database: the bytes of an IPv4 address, or an IPv6 /64. Never 0.
using NetworkKey = std::int64_t;

inline std::optional<NetworkKey> key_of(const ClientNetwork& network) {
  if (!network.counts()) return std::nullopt;
  std::array<NetworkKey, 2> halves{};  // IPv4: one half has only the mapping prefix
  std::memcpy(halves.data(), network.bytes().data(), sizeof(halves));
  return halves[0] ^ halves[1];
}

struct Origin {
  bool limited = true;                // false: not counted
  std::optional<NetworkKey> network;  // nothing: counted for its user only
};

}  // namespace souk
