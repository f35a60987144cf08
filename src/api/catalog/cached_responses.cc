#include "api/catalog/cached_responses.h"

#include <fmt/format.h>

#include <algorithm>

#include "http/conditional.h"

namespace souk::api {

using http::Request;
using http::Response;

namespace {

using Coding = http::ContentCoding;
using cache::Found;

constexpr std::array kCodings = {Coding::kIdentity, Coding::kGzip, Coding::kBrotli};

std::string etag_of(const cache::Rendering& plain, Coding coding) {
  if (coding == Coding::kIdentity || plain.etag.empty()) return plain.etag;
  const auto name = http::coding_name(coding);
  std::string etag;
  etag.reserve(plain.etag.size() + 1 + name.size());
  etag.append(plain.etag, 0, plain.etag.size() - 1);
  etag += '-';
  etag += name;
  etag += '"';
  return etag;
}

cache::RenderingKey in_coding(cache::RenderingKey key, Coding coding) {
  key.coding = static_cast<std::uint8_t>(coding);
  return key;
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

// The tag by which the client has one of the representations; empty where it has none.
std::string tag_it_has(const Request& request, const cache::Rendering& plain) {
  const auto field = request.headers.find("if-none-match");
  if (!field || plain.etag.empty()) return {};
  for (const auto coding : kCodings) {
    auto etag = etag_of(plain, coding);
    if (http::names_etag_weakly(*field, etag)) return etag;
  }
  return {};
}

}  // namespace

std::vector<cache::Rendering> compressed(const cache::Rendering& plain) {
  std::vector<cache::Rendering> made;
  const auto add = [&](Coding coding, std::string bytes) {
    if (bytes.empty()) return;
    made.push_back({in_coding(plain.key, coding), std::move(bytes), etag_of(plain, coding)});
  };
  add(Coding::kGzip, http::to_gzip(plain.bytes));
  add(Coding::kBrotli, http::to_brotli(plain.bytes));
  return made;
}

std::string_view coding_of(cache::RenderingKey key) {
  const auto coding = static_cast<Coding>(key.coding);
  return coding == Coding::kIdentity ? "identity" : http::coding_name(coding);
}

CachedResponses::CachedResponses(cache::HybridCache& cache, const Clock& clock,
                                 std::chrono::seconds shared_max_age,
                                 std::chrono::seconds max_stale)
    : cache_(cache),
      clock_(clock),
      headers_{headers_for(Coding::kIdentity, shared_max_age, max_stale),
               headers_for(Coding::kGzip, shared_max_age, max_stale),
               headers_for(Coding::kBrotli, shared_max_age, max_stale)} {}

const cache::Rendering& CachedResponses::keep(const cache::EntryPtr& entry, Document document) {
  return cache_.keep_rendering(entry,
                               {kPlain, std::move(document.bytes), std::move(document.etag)});
}

Response CachedResponses::respond(const Request& request, const Found& found,
                                  const cache::Rendering& plain) {
  Response response;
  if (auto etag = tag_it_has(request, plain); !etag.empty()) {
    response.status = 304;
    response.etag = std::move(etag);
    response.caching = &headers_.front();
    mark(response, found);
    return response;
  }
  const auto accepted = request.headers.find("accept-encoding");
  const auto coding = accepted ? http::preferred_coding(*accepted) : Coding::kIdentity;
  const auto* rendering = &plain;
  if (coding != Coding::kIdentity) {
    rendering = found.entry->renderings.find(in_coding(plain.key, coding));
    if (rendering == nullptr) {
      cache_.want_compressed(found.entry, plain);
      rendering = &plain;
    }
  }
  response.content_type = http::kJsonType;
  response.etag = rendering->etag;
  response.caching = &headers_[rendering->key.coding];
  response.body = http::Body(http::Body::Shared(found.entry, &rendering->bytes));
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
