#include "app/shop/cache_node.h"

#include "api/catalog/cached_responses.h"
#include "app/shop/row_versions.h"
#include "cache/follower/follower.h"
#include "runtime/scope.h"

namespace souk::app {
namespace {

constexpr std::size_t kCompressingThreads = 1;
constexpr std::size_t kMaxCompressionsWaiting = 256;

cache::Kind with_times(cache::Kind kind, const CacheSettings& settings,
                       std::chrono::milliseconds redis_ttl) {
  kind.memory_ttl = settings.memory_ttl;
  kind.absent_ttl = settings.absent_ttl;
  kind.max_stale = settings.max_stale;
  kind.redis_ttl = redis_ttl;
  return kind;
}

cache::CacheConfig cache_config(const Settings& settings) {
  auto config = settings.cache.config;
  config.min_compressed = settings.http.coding.min_bytes;
  return config;
}

}  // namespace

catalog::Caching catalog_caching(const CacheSettings& settings) {
  const catalog::Caching kinds;
  return {.product = with_times(kinds.product, settings, settings.product_ttl),
          .products = with_times(kinds.products, settings, settings.default_ttl),
          .categories = with_times(kinds.categories, settings, settings.default_ttl),
          .currencies = with_times(kinds.currencies, settings, settings.default_ttl)};
}

inventory::Caching inventory_caching(const CacheSettings& settings) {
  const inventory::Caching kinds;
  return {.stock = with_times(kinds.stock, settings, settings.stock_ttl)};
}

CacheNode::CacheNode(const Settings& settings, FollowedClock& clock, telemetry::Registry& registry,
                     telemetry::Log& log)
    : settings_(settings),
      clock_(clock),
      registry_(registry),
      log_(log),
      compressing_(kCompressingThreads, kMaxCompressionsWaiting),
      compressing_metrics_(registry, "compressing", compressing_),
      shared_(
          cache_config(settings), {catalog::kTopic, inventory::kTopic},
          [levels = settings.http.coding.stored](const cache::Rendering& plain,
                                                 cache::RenderingKey wanted) {
            return api::compressed(plain, wanted, levels);
          },
          compressing_, registry),
      // Without a usable change log, entries are revalidated at once.
      follower_(
          settings.serve.read_only ? 0 : 1,
          [this](runtime::Worker& worker) { return follow(worker); }, "follower") {}

void CacheNode::stop() {
  follower_.stop();
  follower_.join();
}

runtime::Task<void> CacheNode::follow(runtime::Worker& worker) {
  std::vector<cache::Topic> topics = {{catalog::kTopic, settings_.cache.catalog_log_retention},
                                      {inventory::kTopic, settings_.cache.stock_log_retention}};
  cache::Follower follower(worker.loop, shared_, std::move(topics), settings_.database,
                           row_versions, {clock_, registry_, log_});
  runtime::Scope scope(worker.loop);
  scope.spawn(follower.run());
  co_await worker.stopping.wait();
  follower.stop();
  co_await scope.join();
}

}  // namespace souk::app
