#include "cache/remote/redis_cache.h"

namespace souk::cache {

using runtime::Context;
using runtime::Task;

Stamp RedisCache::stamp() const { return invalidations_.stamp(); }

Task<EntryPtr> RedisCache::get(Context&, const Kind& kind, std::string key) {
  co_return co_await level_.get(kind, key);
}

Task<bool> RedisCache::set(Context&, const Kind& kind, std::string key, Value value, Stamp stamp,
                           std::optional<std::chrono::milliseconds> expiry) {
  const auto ttl = expiry.value_or(value.absent() ? kind.absent_ttl : kind.redis_ttl);
  const auto entry = make_entry(kind, std::move(key), std::move(value), stamp, clock_.now());
  if (!invalidations_.holds(*entry)) co_return false;
  co_return co_await level_.store(*entry, ttl, 0);
}

Task<void> RedisCache::remove(Context&, const Kind&, std::string key) {
  co_await level_.remove(key);
}

Task<std::size_t> RedisCache::remove_by_pattern(Context& context, std::string pattern) {
  co_return co_await level_.remove_by_pattern(context, pattern);
}

}  // namespace souk::cache
