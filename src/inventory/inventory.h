// Inventory answers one question safely: may this many units be promised? A unit is on hand and
// perhaps reserved; the database enforces 0 <= reserved <= on_hand, so a bug here cannot oversell.
// Displayed stock comes from the cache; decisions never use it.
//
// Threading: one instance per worker; never shared.
// Ownership: borrows its arguments, which outlive it. Running loads borrow it: close the cache
// before it is destroyed.
#pragma once

#include <span>
#include <tuple>
#include <vector>

#include "base/error.h"
#include "base/version_condition.h"
#include "cache/hybrid/hybrid_cache.h"
#include "inventory/types.h"
#include "postgres/pool.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::inventory {

inline constexpr std::string_view kTopic = "stock";

// The members of a stock (cache/codec.h).
auto members(cache::Of<Stock> auto& s) {
  return std::tie(s.product_id, s.on_hand, s.reserved, s.version);
}

struct Caching {
  cache::Kind stock{.type = &cache::kValueType<Stock>,
                    .name = "stock",
                    .topic = kTopic,
                    .redis_ttl = std::chrono::milliseconds(300'000)};
};

std::string stock_key(ProductId id);  // stock:ID

class Inventory {
 public:
  Inventory(postgres::Pool& pool, cache::HybridCache& cache, Caching caching = {})
      : pool_(pool), cache_(cache), caching_(caching) {}

  // At most one statement each. All throw Unavailable; the error of the first two is not_cached()
  // of a request that may use only what is cached.

  // The displayed stock of one product; version 0 for one that never had stock or does not exist.
  runtime::Task<Result<cache::FoundOf<Stock>>> stock(runtime::Context& context, ProductId id);
  // The same for many, in the order of `ids`.
  runtime::Task<Result<std::vector<cache::FoundOf<Stock>>>> stocks(runtime::Context& context,
                                                                   std::vector<ProductId> ids);

  // Sets the units on hand. Errors: validation_failed when out of range or below the reserved
  // units, not_found for an unknown product, precondition_failed when its stock has another
  // version.
  runtime::Task<Result<Stock>> set_on_hand(runtime::Context& context, ProductId id,
                                           std::int32_t on_hand, VersionCondition condition = {});

  // Write-through of the stocks changed by a committed transaction. The stamp is from before
  // COMMIT.
  cache::Stamp stamp() const { return cache_.stamp(); }
  void write_through(std::span<const Changed> changed, cache::Stamp stamp);

 private:
  runtime::Task<cache::Value> load(runtime::Context& context, ProductId id);

  postgres::Pool& pool_;
  cache::HybridCache& cache_;
  const Caching caching_;
};

}  // namespace souk::inventory
