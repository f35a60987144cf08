#include "cache/memory/memory_cache.h"

namespace souk::cache {

using runtime::Context;
using runtime::Task;

Stamp MemoryCache::stamp() const { return invalidations_.stamp(); }

Task<EntryPtr> MemoryCache::get(Context&, const Kind&, std::string key) {
  auto entry = level_.get(key);
  if (entry && std::chrono::steady_clock::now() >= entry->fresh_until) entry = nullptr;
  co_return entry;
}

Task<bool> MemoryCache::set(Context&, const Kind& kind, std::string key, Value value, Stamp stamp,
                            std::optional<std::chrono::milliseconds> expiry) {
  auto entry = make_entry(kind, std::move(key), std::move(value), stamp, clock_.now(), expiry);
  const auto put =
      level_.put(std::move(entry), [&](const Entry& e) { return invalidations_.holds(e); });
  co_return put == MemoryLevel::Put::kKept;
}

Task<void> MemoryCache::remove(Context&, const Kind&, std::string key) {
  level_.remove(key);
  co_return;
}

Task<std::size_t> MemoryCache::remove_by_pattern(Context&, std::string pattern) {
  co_return level_.remove_matching(pattern);
}

}  // namespace souk::cache
