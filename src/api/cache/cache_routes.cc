#include "api/cache/cache_routes.h"

#include "api/cache/operations.h"
#include "api/catalog/cached_responses.h"
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

std::optional<CacheCopy> CacheRoutes::copy_of(
    const std::optional<cache::Inspector::Copy>& copy) const {
  if (!copy) return std::nullopt;
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(clock_.now() - copy->made_at);
  CacheCopy seen{.is_absent = copy->is_absent,
                 .version = copy->version,
                 .made_at = copy->made_at,
                 .age_seconds = age.count(),
                 .is_fresh = copy->is_fresh,
                 .tags = static_cast<std::int64_t>(copy->tags)};
  for (const auto& each : copy->renderings) {
    seen.renderings.push_back(
        {coding_of(each.key), each.etag, static_cast<std::int64_t>(each.bytes)});
  }
  return seen;
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
