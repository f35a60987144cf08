// Single flight: one load of a key at a time on this node, by any worker.
//
// Threading: any thread. Ownership: owns the table of loads; waiters are held weakly, so that a
// worker may end while others still load.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/spans.h"
#include "cache/coherence/invalidations.h"
#include "cache/entry.h"

namespace souk::cache {

// The result of a load: an entry or an exception, and its cost.
struct LoadResult {
  EntryPtr entry = nullptr;
  bool from_redis = false;
  std::exception_ptr failure = nullptr;
  std::uint32_t statements = 0;
  std::chrono::nanoseconds database_time{0};
  std::shared_ptr<const std::vector<Span>> spans = nullptr;  // if whoever began it is traced
};

class SharedLoads {
 public:
  // A worker that waits for other workers' loads.
  class Waiter {
   public:
    virtual ~Waiter() = default;
    // Called on the loading thread.
    virtual void on_complete(const std::string& key, const LoadResult& result) = 0;
  };

  struct Ticket {
    Invalidations::Sequence since;  // the load contains changes recorded up to here
    bool leads;                     // the caller must load, then call complete()
  };

  // Joins the load of that key, or begins one as of `now`.
  Ticket join(const std::string& key, Invalidations::Sequence now,
              const std::weak_ptr<Waiter>& waiter);

  // Passes the result to all waiters.
  void complete(const std::string& key, const LoadResult& result);

  // Cancels the load of that key: the next request begins another. False, with no effect, when
  // others have joined it.
  bool withdraw(const std::string& key);

  std::size_t size() const;

 private:
  struct Load {
    Invalidations::Sequence since;
    std::vector<std::weak_ptr<Waiter>> waiters;
  };

  mutable std::mutex mutex_;
  std::unordered_map<std::string, Load, KeyedHash> loads_;  // guarded by mutex_
};

}  // namespace souk::cache
