// One load of a key at a time on this node, whichever worker began it.
//
// Threading: any thread. Ownership: owns what is known of each flight; followers are held weakly,
// so that a worker may end while others still load.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "cache/coherence/invalidations.h"
#include "cache/entry.h"

namespace souk::cache {

// What a load ended with: an entry or an exception, and what it cost.
struct Landing {
  EntryPtr entry = nullptr;
  bool from_redis = false;
  std::exception_ptr failure = nullptr;
  std::uint32_t statements = 0;
  std::chrono::nanoseconds database_time{0};
};

class Flights {
 public:
  // A worker that waits for flights of others.
  class Follower {
   public:
    virtual ~Follower() = default;
    // Called on the thread of whoever loaded.
    virtual void on_landed(const std::string& key, const Landing& landing) = 0;
  };

  struct Ticket {
    Invalidations::Sequence since;  // the load contains what was noted up to here
    bool leads;                     // the caller is to load, and to land()
  };

  // Joins the flight of that key, or begins one as of `now`.
  Ticket join(const std::string& key, Invalidations::Sequence now,
              const std::weak_ptr<Follower>& follower);

  // Tells everybody who joined.
  void land(const std::string& key, const Landing& landing);

  // Ends the load of that key for everybody: whoever asks next begins another. False, and nothing
  // is done, where somebody has joined it.
  bool withdraw(const std::string& key);

  std::size_t size() const;

 private:
  struct Flight {
    Invalidations::Sequence since;
    std::vector<std::weak_ptr<Follower>> followers;
  };

  mutable std::mutex mutex_;
  std::unordered_map<std::string, Flight, KeyedHash> flights_;  // guarded by mutex_
};

}  // namespace souk::cache
