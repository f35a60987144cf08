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

std::string etag_of(const cache::Entry& entry, Coding coding) {
  if (coding == Coding::kIdentity || entry.etag.empty()) return entry.etag;
  const auto name = http::coding_name(coding);
  std::string etag;
  etag.reserve(entry.etag.size() + 1 + name.size());
  etag.append(entry.etag, 0, entry.etag.size() - 1);
  etag += '-';
  etag += name;
  etag += '"';
  return etag;
}

const std::string& bytes_of(const cache::Entry& entry, Coding coding) {
  switch (coding) {
    case Coding::kGzip:
      return entry.content.gzip;
    case Coding::kBrotli:
      return entry.content.brotli;
    default:
      return entry.content.identity;
  }
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
std::string tag_it_has(const Request& request, const cache::Entry& entry) {
  const auto field = request.headers.find("if-none-match");
  if (!field || entry.etag.empty()) return {};
  for (const auto coding : kCodings) {
    auto etag = etag_of(entry, coding);
    if (http::names_etag_weakly(*field, etag)) return etag;
  }
  return {};
}

}  // namespace

CachedResponses::CachedResponses(cache::HybridCache& cache, const Clock& clock,
                                 std::chrono::seconds shared_max_age,
                                 std::chrono::seconds max_stale)
    : cache_(cache),
      clock_(clock),
      headers_{headers_for(Coding::kIdentity, shared_max_age, max_stale),
               headers_for(Coding::kGzip, shared_max_age, max_stale),
               headers_for(Coding::kBrotli, shared_max_age, max_stale)} {}

Response CachedResponses::respond(const Request& request, const Found& found) {
  const auto& entry = *found.entry;
  Response response;
  if (auto etag = tag_it_has(request, entry); !etag.empty()) {
    response.status = 304;
    response.etag = std::move(etag);
    response.caching = &headers_.front();
    mark(response, found);
    return response;
  }
  const auto accepted = request.headers.find("accept-encoding");
  auto coding = accepted ? http::preferred_coding(*accepted) : Coding::kIdentity;
  if (bytes_of(entry, coding).empty() && coding != Coding::kIdentity) {
    cache_.want_compressed(found.entry);
    coding = Coding::kIdentity;
  }
  response.content_type = http::kJsonType;
  response.etag = etag_of(entry, coding);
  response.caching = &headers_[static_cast<std::size_t>(coding)];
  response.body = http::Body(http::Body::Shared(found.entry, &bytes_of(entry, coding)));
  mark(response, found);
  return response;
}

Response CachedResponses::respond(Buffer body, std::string etag, const Found& oldest) const {
  auto response = http::json(200, std::move(body));
  response.etag = std::move(etag);
  response.caching = &headers_.front();
  mark(response, oldest);
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
