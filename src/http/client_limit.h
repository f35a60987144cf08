// Holds what exists at a time, in total and of each client network, to a limit.
// Threading: one thread at a time. Ownership: a plain value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "base/client_network.h"

namespace souk::http {

class ClientLimit {
 public:
  enum class Verdict : std::uint8_t { kAdmitted, kTooMany, kTooManyOfClient };

  ClientLimit(std::size_t max, std::size_t max_of_client)
      : max_(max), max_of_client_(max_of_client) {}

  // What is admitted must leave(). No network: only the total counts.
  Verdict enter(const ClientNetwork& network) {
    if (held_ >= max_) return Verdict::kTooMany;
    if (network.counts()) {
      auto& held = of_client_[network];
      if (held >= max_of_client_) return Verdict::kTooManyOfClient;
      ++held;
    }
    ++held_;
    return Verdict::kAdmitted;
  }
  void leave(const ClientNetwork& network) {
    --held_;
    const auto held = of_client_.find(network);
    if (held != of_client_.end() && --held->second == 0) of_client_.erase(held);
  }
  std::size_t held() const { return held_; }

 private:
  const std::size_t max_;
  const std::size_t max_of_client_;
  std::size_t held_ = 0;
  std::unordered_map<ClientNetwork, std::size_t> of_client_;  // none zero
};

}  // namespace souk::http
