#include "api/cache_routes.h"

#include "api/bodies.h"

namespace souk::api {

using http::Method;
using http::Request;
using http::Takes;
using runtime::Context;

namespace {

constexpr std::size_t kMaxDropBytes = 4 * 1024;

}  // namespace

void CacheRoutes::add_to(http::Routers& routers) {
  const auto add = [&](Operation<CacheRoutes> operation, http::Route route) {
    route.access = kAdmin;
    route.priority = http::Priority::kOperator;
    route.served_on = http::ServedOn::kOperator;
    route.max_body_bytes = kMaxDropBytes;
    add_operation(routers, *this, operation, std::move(route));
  };
  using Routes = CacheRoutes;
  add(&Routes::look_up,
      {.path = "/api/cache/entries/{key}", .name = "getCacheEntry", .statement_budget = 1});
  add(&Routes::drop, {.method = Method::kPost,
                      .path = "/api/cache/drops",
                      .name = "dropFromCache",
                      .statement_budget = 2,
                      .takes = Takes::kBody});
}

Answer CacheRoutes::look_up(Context&, const Request& request) {
  const std::string key(request.parameters["key"]);
  const auto copies = co_await inspector_.look_up(key);
  Buffer out(512);
  JsonWriter json(out);
  json.begin_object();
  json.member("key", key);
  write(json, "memory", copies.memory);
  write(json, "redis", copies.redis);
  json.end_object();
  co_return http::json(200, std::move(out));
}

void CacheRoutes::write(JsonWriter& json, std::string_view level,
                        const cache::EntryPtr& entry) const {
  json.key(level);
  if (!entry) return json.null();
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(clock_.now() - entry->made_at);
  json.begin_object();
  json.member("isAbsent", entry->absent);
  json.member("version", entry->version);
  json.member("etag", entry->etag);
  json.member("madeAt", entry->made_at);
  json.member("ageSeconds", age.count());
  json.member("isFresh", inspector_.is_fresh(*entry));
  json.member("bytes", entry->content.identity.size());
  json.member("gzipBytes", entry->content.gzip.size());
  json.member("brotliBytes", entry->content.brotli.size());
  json.member("tags", entry->tags.size());
  json.end_object();
}

Answer CacheRoutes::drop(Context& context, const Request& request) {
  const auto wanted = read_body<CacheDrop>(json_, request);
  if (!wanted) co_return std::unexpected(wanted.error());
  const int named = (wanted->key ? 1 : 0) + (wanted->tag ? 1 : 0) + (wanted->pattern ? 1 : 0);
  if (named != 1) {
    co_return fail(ErrorCode::kValidationFailed, "the drop is not valid",
                   {{"", "must name one of key, tag and pattern"}});
  }
  const auto dropped = wanted->pattern ? co_await inspector_.drop_pattern(context, *wanted->pattern)
                                       : co_await inspector_.drop_tag(
                                             context, wanted->key ? *wanted->key : *wanted->tag);
  Buffer out(32);
  JsonWriter json(out);
  json.begin_object();
  json.member("dropped", dropped);
  json.end_object();
  co_return http::json(200, std::move(out));
}

}  // namespace souk::api
