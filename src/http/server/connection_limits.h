// Counts connections of all workers, in total and per client network.
// Threading: any thread; a lock is taken once per connection, never per request.
#pragma once

#include <mutex>

#include "http/client_limit.h"
#include "http/client_rules.h"

namespace souk::http {

class ConnectionLimits {
 public:
  explicit ConnectionLimits(const ServerConfig& config);

  using Verdict = ClientLimit::Verdict;

  // Each admitted connection must call leave().
  Verdict enter(const IpAddress& peer);
  void leave(const IpAddress& peer);
  std::size_t connections() const;

 private:
  const ClientRules clients_;
  mutable std::mutex mutex_;
  ClientLimit limit_;  // guarded by mutex_
};

}  // namespace souk::http
