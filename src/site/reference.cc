#include "site/reference.h"

#include <array>

#include "base/buffer.h"
#include "http/accept.h"
#include "http/coding/decoder.h"
#include "http/header_policy.h"
#include "site/assets.h"

namespace souk::site {

using http::ContentCoding;
using http::Request;
using http::Response;
using runtime::Task;

namespace {

constexpr std::string_view kPage = "/docs";

// Swagger UI has icons as data URLs, which can run nothing.
const http::PreparedHeaders& fields() {
  static const auto fields = http::fields_of_page(
      {.content_security = "default-src 'none'; script-src 'self'; style-src 'self'; "
                           "img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
                           "form-action 'none'; frame-ancestors 'none'",
       .referrer = "no-referrer"},
      "no-cache");
  return fields;
}

// For the few clients that do not take gzip.
Buffer decoded(std::string_view gzipped) {
  Buffer bytes;
  http::Decoder::make(ContentCoding::kGzip)->decode(gzipped, bytes, kMaxAssetBytes);
  return bytes;
}

Task<Response> serve(const Asset& asset, const Request& request) {
  Response response{.content_type = asset.content_type,
                    .etag = std::string(asset.etag),
                    .is_coded = asset.gzipped,
                    .caching = &fields()};
  response.body = http::Body(std::shared_ptr<const void>(), asset.bytes);  // static
  if (!asset.gzipped) co_return response;
  constexpr std::array kOffered = {ContentCoding::kGzip};
  response.headers.add("Vary", "Accept-Encoding");
  if (http::preferred_coding(request.headers, kOffered) == ContentCoding::kGzip) {
    response.headers.add("Content-Encoding", http::coding_name(ContentCoding::kGzip));
    response.etag = http::etag_in(response.etag, ContentCoding::kGzip);
  } else {
    response.body = http::Body(decoded(asset.bytes));
  }
  co_return response;
}

}  // namespace

void add_reference(http::Router& shop, bool at_root) {
  const auto add = [&shop](std::string_view path, const Asset& asset) {
    shop.add({.path = std::string(path),
              .handler = [&asset](auto&, const Request& request) { return serve(asset, request); },
              .name = "getReference"});
  };
  for (const auto& asset : reference_assets()) {
    add(asset.path, asset);
    if (at_root && asset.path == kPage) add("/", asset);
  }
}

}  // namespace souk::site
