// Counts connections of all workers, in total and per client network.
// Threading: any thread; a lock is taken once per connection, never per request.
#pragma once

#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "http/client_rules.h"

namespace souk::http {

class ConnectionLimits {
 public:
  explicit ConnectionLimits(const ServerConfig& config);

  enum class Verdict : std::uint8_t { kAdmitted, kTooMany, kTooManyOfAddress };

  // Each admitted connection must call leave().
  Verdict enter(const IpAddress& peer);
  void leave(const IpAddress& peer);
  std::size_t connections() const;

 private:
  const std::size_t max_connections_;
  const std::size_t max_per_address_;
  const ClientRules clients_;
  mutable std::mutex mutex_;
  std::size_t connections_ = 0;                                 // guarded by mutex_
  std::unordered_map<ClientNetwork, std::size_t> per_network_;  // guarded by mutex_
};

}  // namespace souk::http
