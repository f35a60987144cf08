// The RFC's cache interface: get, set, remove, remove by pattern, each bounded by its context's
// deadline. Three levels implement it: memory, Redis, and the hybrid of both; one test suite checks
// this contract for all three.
//
// A failing level is a miss, never an error: the caller can always ask the source.
//
// Threading: an instance belongs to one worker; levels share their content.
// Ownership: results of get() stay valid while they are held.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cache/entry.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::cache {

class Cache {
 public:
  Cache() = default;
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;
  virtual ~Cache() = default;

  virtual Stamp stamp() const = 0;

  // Null when there is no valid entry. Absence is cached too. REQUIRES: the key is one of the
  // kind's.
  virtual runtime::Task<EntryPtr> get(runtime::Context& context, const Kind& kind,
                                      std::string key) = 0;

  // Caches a value for `expiry`, or its kind's default. False, and nothing is cached, when one of
  // its tags was invalidated since the stamp, or a newer value is cached.
  virtual runtime::Task<bool> set(runtime::Context& context, const Kind& kind, std::string key,
                                  Value value, Stamp stamp,
                                  std::optional<std::chrono::milliseconds> expiry = {}) = 0;

  virtual runtime::Task<void> remove(runtime::Context& context, const Kind& kind,
                                     std::string key) = 0;
  // Removes all keys that match a Redis pattern (pattern.h). Examines every key: for operators.
  // Stops at the deadline. Returns how many were removed.
  virtual runtime::Task<std::size_t> remove_by_pattern(runtime::Context& context,
                                                       std::string pattern) = 0;
};

}  // namespace souk::cache
