// /api/cache: inspection and invalidation of the cache, for operators.
// Threading: one per worker. Ownership: borrows its arguments, which outlive it.
#pragma once

#include "api/cache/types.h"
#include "api/operation/routes.h"
#include "base/clock.h"
#include "cache/hybrid/inspector.h"

namespace souk::api {

class CacheRoutes {
 public:
  CacheRoutes(cache::Inspector& inspector, const Clock& clock)
      : inspector_(inspector), clock_(clock) {}

  void add_to(Routes& routes);
  static void list_operations(std::vector<const Operation*>& operations);

 private:
  // Calls `add` with each operation and its handler.
  static void each(auto add);

  Answer look_up(runtime::Context& context, const http::Request& request);
  Answer drop(runtime::Context& context, const http::Request& request, CacheDrop wanted);

  std::optional<CacheCopy> copy_of(const std::optional<cache::Inspector::Copy>& copy) const;

  cache::Inspector& inspector_;
  const Clock& clock_;
};

}  // namespace souk::api
