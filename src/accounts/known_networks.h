// Networks from which an account signed in lately, as stored in the database.
// Threading: pure functions, any thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "base/client_network.h"

namespace souk::accounts {

inline constexpr std::size_t kNetworksRemembered = 16;  // per account, the latest
inline constexpr std::chrono::days kLately{90};

using NetworkHash = std::array<std::uint8_t, 16>;

// A hash of account and network: different for each account.
NetworkHash network_hash(std::string_view email, const ClientNetwork& network);

}  // namespace souk::accounts
