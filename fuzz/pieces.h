// Cuts fuzz input into pieces, deterministically.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "base/random.h"

namespace souk::fuzz {

// Calls `feed` with one piece after the other; pieces are 1 to `largest` bytes.
template <class Feed>
void feed_in_pieces(std::string_view wire, std::size_t largest, Feed feed) {
  std::uint64_t seed = wire.size();
  for (const char c : wire) seed = seed * 31 + static_cast<std::uint8_t>(c);
  SeededRandom random(seed);
  while (!wire.empty()) {
    const auto size = std::min<std::size_t>(1 + random.below(largest), wire.size());
    if (!feed(wire.substr(0, size))) return;
    wire.remove_prefix(size);
  }
}

}  // namespace souk::fuzz
