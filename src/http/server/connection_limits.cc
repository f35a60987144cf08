#include "http/server/connection_limits.h"

namespace souk::http {

ConnectionLimits::ConnectionLimits(const ServerConfig& config)
    : max_connections_(config.max_connections),
      max_per_address_(config.max_connections_per_address),
      clients_(config) {}

ConnectionLimits::Verdict ConnectionLimits::enter(const IpAddress& peer) {
  const auto network = clients_.peer(peer).network;
  const std::lock_guard lock(mutex_);
  if (connections_ >= max_connections_) return Verdict::kTooMany;
  if (network.counts()) {
    auto& held = per_network_[network];
    if (held >= max_per_address_) return Verdict::kTooManyOfAddress;
    ++held;
  }
  ++connections_;
  return Verdict::kAdmitted;
}

void ConnectionLimits::leave(const IpAddress& peer) {
  const auto network = clients_.peer(peer).network;
  const std::lock_guard lock(mutex_);
  --connections_;
  const auto held = per_network_.find(network);
  if (held != per_network_.end() && --held->second == 0) per_network_.erase(held);
}

std::size_t ConnectionLimits::connections() const {
  const std::scoped_lock lock(mutex_);
  return connections_;
}

}  // namespace souk::http
