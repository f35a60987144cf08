#include "http/server/connection_limits.h"

namespace souk::http {

ConnectionLimits::ConnectionLimits(const ServerConfig& config)
    : clients_(config), limit_(config.max_connections, config.max_connections_per_address) {}

ConnectionLimits::Verdict ConnectionLimits::enter(const IpAddress& peer) {
  const auto network = clients_.peer(peer).network;
  const std::lock_guard lock(mutex_);
  return limit_.enter(network);
}

void ConnectionLimits::leave(const IpAddress& peer) {
  const auto network = clients_.peer(peer).network;
  const std::lock_guard lock(mutex_);
  limit_.leave(network);
}

std::size_t ConnectionLimits::connections() const {
  const std::scoped_lock lock(mutex_);
  return limit_.held();
}

}  // namespace souk::http
