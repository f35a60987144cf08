// The memory level alone as a Cache.
// Threading and ownership: one per worker; borrows the level and the invalidations, which outlive
// it.
#pragma once

#include "cache/cache.h"
#include "cache/coherence/invalidations.h"
#include "cache/memory/memory_level.h"

namespace souk::cache {

class MemoryCache final : public Cache {
 public:
  MemoryCache(MemoryLevel& level, Invalidations& invalidations, const Clock& clock)
      : level_(level), invalidations_(invalidations), clock_(clock) {}

  Stamp stamp() const override;
  runtime::Task<EntryPtr> get(runtime::Context& context, const Kind& kind,
                              std::string key) override;
  runtime::Task<bool> set(runtime::Context& context, const Kind& kind, std::string key, Value value,
                          Stamp stamp, std::optional<std::chrono::milliseconds> expiry) override;
  runtime::Task<void> remove(runtime::Context& context, const Kind& kind, std::string key) override;
  runtime::Task<std::size_t> remove_by_pattern(runtime::Context& context,
                                               std::string pattern) override;

 private:
  MemoryLevel& level_;
  Invalidations& invalidations_;
  const Clock& clock_;
};

}  // namespace souk::cache
