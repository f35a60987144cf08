#include "http/server/connection_limits.h"

#include <arpa/inet.h>
#include <netinet/in.h>

namespace souk::http {
namespace {

constexpr std::size_t kSubnetBytes = 8;

// Who is held to the limit: an IPv4 address as it is, an IPv6 address as the bytes of its subnet.
std::string holder_of(const std::string& address) {
  in6_addr v6{};
  if (::inet_pton(AF_INET6, address.c_str(), &v6) != 1) return address;
  return {reinterpret_cast<const char*>(v6.s6_addr), kSubnetBytes};
}

}  // namespace

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
    auto& held = per_address_[holder_of(address)];
    if (held >= max_per_address_) return Verdict::kTooManyOfAddress;
    ++held;
  }
  ++connections_;
  return Verdict::kAdmitted;
}

void ConnectionLimits::leave(const std::string& address) {
  const std::lock_guard lock(mutex_);
  --connections_;
  const auto held = per_address_.find(holder_of(address));
  if (held != per_address_.end() && --held->second == 0) per_address_.erase(held);
}

}  // namespace souk::http
