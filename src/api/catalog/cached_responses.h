// Responses out of the cache: finished bytes in the coding that the client prefers, 304 where it
// has them already, and marked where an old entry stands in for the database:
//   Cache-Status: souk; hit; detail=stale      (RFC 9211), and the entry's Age
//
// A coding makes another representation: its entity tag is the entry's with -gzip or -br before the
// closing quote. If-None-Match takes any of them.
//
// Threading: one per worker. Ownership: borrows the cache and the clock, which outlive it; outlives
// the responses it makes.
#pragma once

#include <array>
#include <chrono>
#include <string>

#include "base/clock.h"
#include "cache/hybrid/hybrid_cache.h"
#include "http/compression.h"
#include "http/message.h"

namespace souk::api {

class CachedResponses {
 public:
  // Shared caches may serve what they have for `shared_max_age` without asking.
  CachedResponses(cache::HybridCache& cache, const Clock& clock,
                  std::chrono::seconds shared_max_age, std::chrono::seconds max_stale);

  http::Response respond(const http::Request& request, const cache::Found& found);
  // One that was put together from entries: 200 with these bytes as they are.
  http::Response respond(Buffer body, std::string etag, const cache::Found& oldest) const;

 private:
  using Coding = http::ContentCoding;

  void mark(http::Response& response, const cache::Found& found) const;

  cache::HybridCache& cache_;
  const Clock& clock_;
  const std::array<http::PreparedHeaders, 3> headers_;  // by coding
};

}  // namespace souk::api
