// /api/cache: what operators see and drop of the cache.
// Threading: one per worker. Ownership: borrows what it is made from, which outlives it.
#pragma once

#include "api/operation.h"
#include "base/clock.h"
#include "base/json_writer.h"
#include "cache/inspector.h"

namespace souk::api {

class JsonInput;

class CacheRoutes {
 public:
  CacheRoutes(cache::Inspector& inspector, JsonInput& json, const Clock& clock)
      : inspector_(inspector), json_(json), clock_(clock) {}

  void add_to(http::Routers& routers);

 private:
  Answer look_up(runtime::Context& context, const http::Request& request);
  Answer drop(runtime::Context& context, const http::Request& request);

  void write(JsonWriter& json, std::string_view level, const cache::EntryPtr& entry) const;

  cache::Inspector& inspector_;
  JsonInput& json_;
  const Clock& clock_;
};

}  // namespace souk::api
