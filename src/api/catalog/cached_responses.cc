#include "api/catalog/cached_responses.h"

#include <fmt/format.h>

#include <algorithm>

#include "http/accept.h"
#include "http/conditional.h"

namespace souk::api {

using http::Request;
using http::Response;

namespace {

using Coding = http::ContentCoding;
using cache::Found;

// Of what is made once: the smallest first.
constexpr std::array kCodings = {Coding::kBrotli, Coding::kZstd, Coding::kGzip};

cache::RenderingKey key_of(Coding coding) {
  return {.media_type = kPlainJson.media_type, .coding = static_cast<std::uint8_t>(coding)};
}

http::PreparedHeaders headers_for(Coding coding, std::chrono::seconds shared_max_age,
                                  std::chrono::seconds max_stale) {
  const auto caching = fmt::format("public, max-age=0, s-maxage={}, stale-if-error={}",
                                   shared_max_age.count(), max_stale.count());
  if (coding == Coding::kIdentity) return {{"Vary", "Accept-Encoding"}, {"Cache-Control", caching}};
  return {{"Content-Encoding", http::coding_name(coding)},
          {"Vary", "Accept-Encoding"},
          {"Cache-Control", caching}};
}

}  // namespace

cache::Rendering compressed(const cache::Rendering& plain, cache::RenderingKey wanted,
                            const http::CodingLevels& levels) {
  const auto coding = static_cast<Coding>(wanted.coding);
  return {wanted, http::compress(plain.bytes, coding, levels), http::etag_in(plain.etag, coding)};
}

std::string_view coding_of(cache::RenderingKey key) {
  return http::coding_name(static_cast<Coding>(key.coding));
}

CachedResponses::CachedResponses(cache::HybridCache& cache, const Clock& clock,
                                 std::chrono::seconds shared_max_age,
                                 std::chrono::seconds max_stale)
    : cache_(cache),
      clock_(clock),
      headers_{headers_for(Coding::kIdentity, shared_max_age, max_stale),
               headers_for(Coding::kGzip, shared_max_age, max_stale),
               headers_for(Coding::kBrotli, shared_max_age, max_stale),
               headers_for(Coding::kZstd, shared_max_age, max_stale)} {}

Response CachedResponses::respond(const Request& request, const Found& found, Render render) {
  const auto wanted = key_of(http::preferred_coding(request.headers, kCodings));
  const auto& entry = found.entry;
  const auto* kept = entry->renderings.find(wanted);
  if (kept == nullptr && wanted == kPlainJson) kept = &cache_.keep_rendering(entry, render(*entry));
  if (kept != nullptr) return send(request, found, *kept, entry);
  kept = entry->renderings.find(kPlainJson);
  const auto plain = kept != nullptr ? std::shared_ptr<const cache::Rendering>(entry, kept)
                                     : std::make_shared<const cache::Rendering>(render(*entry));
  cache_.want_compressed(entry, plain, wanted);
  return send(request, found, *plain, plain);
}

template <class Owner>
Response CachedResponses::send(const Request& request, const Found& found,
                               const cache::Rendering& rendering, const Owner& owner) const {
  Response response;
  if (const auto held = http::held_etag(request, rendering.etag); !held.empty()) {
    response.status = 304;
    response.etag = held;
    response.caching = &headers_.front();
    mark(response, found);
    return response;
  }
  response.content_type = http::kJsonType;
  response.etag = rendering.etag;
  response.is_coded = true;
  response.caching = &headers_[rendering.key.coding];
  response.body = http::Body(http::Body::Shared(owner, &rendering.bytes));
  mark(response, found);
  return response;
}

void CachedResponses::mark(Response& response, const Found& found) const {
  if (!found.stale) return;
  const auto age =
      std::chrono::duration_cast<std::chrono::seconds>(clock_.now() - found.entry->made_at);
  response.headers.add("Cache-Status", "souk; hit; detail=stale");
  response.headers.add("Age", std::to_string(std::max<std::int64_t>(age.count(), 0)));
}

}  // namespace souk::api
