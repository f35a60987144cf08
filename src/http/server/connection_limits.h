// Counts connections over all workers, in all and per address. An IPv6 address counts as its /64:
// whoever has one of its addresses has them all.
// Threading: any thread; a lock is taken once per connection, never per request.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "http/server/config.h"

namespace souk::http {

class ConnectionLimits {
 public:
  explicit ConnectionLimits(const ServerConfig& config);

  enum class Verdict : std::uint8_t { kAdmitted, kTooMany, kTooManyOfAddress };

  // `address` is the peer's without port. What was admitted is given back with leave().
  Verdict enter(const std::string& address);
  void leave(const std::string& address);

 private:
  bool is_exempt(const std::string& address) const;

  const std::size_t max_connections_;
  const std::size_t max_per_address_;
  const std::unordered_set<std::string> trusted_;
  std::mutex mutex_;
  std::size_t connections_ = 0;                               // guarded by mutex_
  std::unordered_map<std::string, std::size_t> per_address_;  // guarded by mutex_
};

}  // namespace souk::http
