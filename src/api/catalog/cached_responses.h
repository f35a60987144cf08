// Responses out of the cache: finished bytes in the coding that the client prefers, rendered once
// for an entry; 304 where the client has them already, and marked where an old entry stands in for
// the database:
//   Cache-Status: souk; hit; detail=stale      (RFC 9211), and the entry's Age
//
// A coding makes another representation: its entity tag is that of the plain one with -gzip or -br
// before the closing quote. If-None-Match takes any of them.
//
// Threading: one per worker. Ownership: borrows the cache and the clock, which outlive it; outlives
// the responses it makes.
#pragma once

#include <array>
#include <chrono>
#include <string>
#include <vector>

#include "api/catalog/documents.h"
#include "base/clock.h"
#include "cache/hybrid/hybrid_cache.h"
#include "http/compression.h"
#include "http/message.h"

namespace souk::api {

// The compressed forms of a plain rendering, those that are smaller; any thread.
std::vector<cache::Rendering> compressed(const cache::Rendering& plain);
std::string_view coding_of(cache::RenderingKey key);  // "identity", "gzip" or "br"

class CachedResponses {
 public:
  // Shared caches may serve what they have for `shared_max_age` without asking.
  CachedResponses(cache::HybridCache& cache, const Clock& clock,
                  std::chrono::seconds shared_max_age, std::chrono::seconds max_stale);

  // What document_of() makes of the value.
  template <class T>
  http::Response respond(const http::Request& request, const cache::FoundOf<T>& found) {
    const auto* plain = found.entry->renderings.find(kPlain);
    if (plain == nullptr) plain = &keep(found.entry, document_of(*found));
    return respond(request, found, *plain);
  }

 private:
  using Coding = http::ContentCoding;

  static constexpr cache::RenderingKey kPlain{};  // JSON, as it is

  const cache::Rendering& keep(const cache::EntryPtr& entry, Document document);
  http::Response respond(const http::Request& request, const cache::Found& found,
                         const cache::Rendering& plain);
  void mark(http::Response& response, const cache::Found& found) const;

  cache::HybridCache& cache_;
  const Clock& clock_;
  const std::array<http::PreparedHeaders, 3> headers_;  // by coding
};

}  // namespace souk::api
