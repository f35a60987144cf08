// Responses from the cache: finished bytes in the client's preferred coding, rendered once per
// entry; 304 when the client has them already, and marked when an old entry is served because the
// database did not answer:
//   Cache-Status: souk; hit; detail=stale      (RFC 9211), and the entry's Age
//
// Each coding is another representation with its own entity tag; If-None-Match accepts any of them.
//
// Threading: one per worker. Ownership: borrows the cache and the clock, which outlive it; outlives
// its responses.
#pragma once

#include <array>
#include <chrono>
#include <string_view>

#include "api/catalog/documents.h"
#include "base/clock.h"
#include "cache/hybrid/hybrid_cache.h"
#include "http/coding/compress.h"
#include "http/message.h"

namespace souk::api {

// The requested compressed form, with empty bytes if that is not smaller; any thread.
cache::Rendering compressed(const cache::Rendering& plain, cache::RenderingKey wanted,
                            const http::CodingLevels& levels);
std::string_view coding_of(cache::RenderingKey key);

class CachedResponses {
 public:
  // Shared caches may serve responses for `shared_max_age` without revalidation.
  CachedResponses(cache::HybridCache& cache, const Clock& clock,
                  std::chrono::seconds shared_max_age, std::chrono::seconds max_stale);

  // Serialises the value with document_of(). If a compressed form is requested, the plain one is
  // kept only if that is not smaller.
  template <class T>
  http::Response respond(const http::Request& request, const cache::FoundOf<T>& found) {
    return respond(request, found, [](const cache::Entry& e) { return document_of(e.as<T>()); });
  }
  // For an entry without a value: it has renderings only.
  http::Response respond(const http::Request& request, const cache::Found& found) {
    return respond(request, found, nullptr);
  }

 private:
  using Coding = http::ContentCoding;
  using Render = cache::Rendering (*)(const cache::Entry&);

  http::Response respond(const http::Request& request, const cache::Found& found, Render render);
  // `owner` keeps the rendering alive.
  template <class Owner>
  http::Response send(const http::Request& request, const cache::Found& found,
                      const cache::Rendering& rendering, const Owner& owner) const;
  void mark(http::Response& response, const cache::Found& found) const;

  cache::HybridCache& cache_;
  const Clock& clock_;
  const std::array<http::PreparedHeaders, http::kCodingNames.size()> headers_;  // by coding
};

}  // namespace souk::api
