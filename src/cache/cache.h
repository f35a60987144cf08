// The cache as the RFC asks for it: get, set, remove, remove by pattern, each to be given up by its
// context's deadline. Three levels implement it: memory, Redis, and the hybrid of both; one suite
// of tests holds all three to this contract.
//
// A failing level is a miss, never an error: what is behind a cache can be asked itself.
//
// Threading: an instance belongs to one worker; levels share what they keep.
// Ownership: what get() yields stays valid for as long as it is held.
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

  // Null where nothing is kept that is still believed. Absence is kept like anything else.
  // REQUIRES: the key is one of the kind's.
  virtual runtime::Task<EntryPtr> get(runtime::Context& context, const Kind& kind,
                                      std::string key) = 0;

  // Keeps a value for `expiry`, or as long as its kind says. Keeps nothing, and says false, where a
  // tag was noted as changed since the stamp, or something newer is kept.
  virtual runtime::Task<bool> set(runtime::Context& context, const Kind& kind, std::string key,
                                  Value value, Stamp stamp,
                                  std::optional<std::chrono::milliseconds> expiry = {}) = 0;

  virtual runtime::Task<void> remove(runtime::Context& context, const Kind& kind,
                                     std::string key) = 0;
  // All keys that match, as Redis reads patterns (pattern.h). Looks at every key there is: for
  // operators. Stops, with what it has done, at the deadline. Returns how many were removed.
  virtual runtime::Task<std::size_t> remove_by_pattern(runtime::Context& context,
                                                       std::string pattern) = 0;
};

}  // namespace souk::cache
