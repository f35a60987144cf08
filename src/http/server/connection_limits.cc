#include "http/server/connection_limits.h"

namespace souk::http {

ConnectionLimits::ConnectionLimits(const ServerConfig& config)
    : max_connections_(config.max_connections),
      max_per_address_(config.max_connections_per_address),
      trusted_(config.trusted_addresses.begin(), config.trusted_addresses.end()) {}

bool ConnectionLimits::is_exempt(const std::string& address) const {
  return address.starts_with("127.") || address == "::1" || trusted_.contains(address);
}

ConnectionLimits::Verdict ConnectionLimits::enter(const std::string& address) {
  const std::lock_guard lock(mutex_);
  if (connections_ >= max_connections_) return Verdict::kTooMany;
  if (!is_exempt(address)) {
    auto& held = per_address_[address];
    if (held >= max_per_address_) return Verdict::kTooManyOfAddress;
    ++held;
  }
  ++connections_;
  return Verdict::kAdmitted;
}

void ConnectionLimits::leave(const std::string& address) {
  const std::lock_guard lock(mutex_);
  --connections_;
  const auto held = per_address_.find(address);
  if (held != per_address_.end() && --held->second == 0) per_address_.erase(held);
}

}  // namespace souk::http
