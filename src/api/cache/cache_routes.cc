#include "api/cache/cache_routes.h"

#include "api/cache/operations.h"
#include "api/wire/wire.h"

namespace souk::api {

using http::Request;
using runtime::Context;

void CacheRoutes::each(auto add) {
  add(kGetCacheEntry, &CacheRoutes::look_up);
  add(kDropFromCache, &CacheRoutes::drop);
}

void CacheRoutes::add_to(Routes& routes) {
  each([&](const Operation& operation, auto handler) { routes.add(operation, *this, handler); });
}

void CacheRoutes::list_operations(std::vector<const Operation*>& operations) {
  each([&](const Operation& operation, auto) { operations.push_back(&operation); });
}

Answer CacheRoutes::look_up(Context&, const Request& request) {
  const std::string key(request.parameters["key"]);
  const auto copies = co_await inspector_.look_up(key);
  co_return http::json(200,
                       body_of(CacheCopies{key, copy_of(copies.memory), copy_of(copies.redis)}));
}

std::optional<CacheCopy> CacheRoutes::copy_of(const cache::EntryPtr& entry) const {
  if (!entry) return std::nullopt;
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(clock_.now() - entry->made_at);
  const auto size = [](const auto& bytes) { return static_cast<std::int64_t>(bytes.size()); };
  return CacheCopy{.is_absent = entry->absent,
                   .version = entry->version,
                   .etag = entry->etag,
                   .made_at = entry->made_at,
                   .age_seconds = age.count(),
                   .is_fresh = inspector_.is_fresh(*entry),
                   .bytes = size(entry->content.identity),
                   .gzip_bytes = size(entry->content.gzip),
                   .brotli_bytes = size(entry->content.brotli),
                   .tags = size(entry->tags)};
}

Answer CacheRoutes::drop(Context& context, const Request&, CacheDrop wanted) {
  const int named = (wanted.key ? 1 : 0) + (wanted.tag ? 1 : 0) + (wanted.pattern ? 1 : 0);
  if (named != 1) {
    co_return fail(ErrorCode::kValidationFailed, "the drop is not valid",
                   {{"", "must name one of key, tag and pattern"}});
  }
  const auto dropped = wanted.pattern ? co_await inspector_.drop_pattern(context, *wanted.pattern)
                                      : co_await inspector_.drop_tag(
                                            context, wanted.key ? *wanted.key : *wanted.tag);
  co_return http::json(200, body_of(CacheDropped{static_cast<std::int64_t>(dropped)}));
}

}  // namespace souk::api
