#include "http/response_coder.h"

#include <algorithm>

#include "http/accept.h"
#include "http/coding/compress.h"
#include "http/conditional.h"
#include "http/encoded_stream.h"
#include "http/syntax.h"

namespace souk::http {
namespace {

// Of what is made for one response: the fastest first.
constexpr std::array kOffered = {ContentCoding::kZstd, ContentCoding::kBrotli,
                                 ContentCoding::kGzip};

// Whether the status allows a body that is the whole content.
bool has_content(int status) { return status != 204 && status != 206 && status != 304; }

}  // namespace

bool is_compressed_type(const CodingConfig& config, std::string_view content_type) {
  const auto type = syntax::trim(content_type.substr(0, content_type.find(';')));
  return std::ranges::any_of(config.types, [type](std::string_view listed) {
    return listed.ends_with("/*") ? type.starts_with(listed.substr(0, listed.size() - 1))
                                  : type == listed;
  });
}

void ResponseCoder::code(const Request& request, const Route& route, Response& response) {
  if (response.is_coded || route.holds_secrets || !has_content(response.status)) return;
  const auto size = response.body.size();
  if (size && *size < config_.min_bytes) return;
  if (!is_compressed_type(config_, response.content_type)) return;

  response.headers.add("Vary", "Accept-Encoding");
  const auto coding = preferred_coding(request.headers, kOffered);
  // It is about to become a 304, for which nothing needs to be compressed.
  if (coding == ContentCoding::kIdentity || !held_etag(request, response.etag).empty()) return;

  if (response.body.stream() == nullptr && *size <= kMaxAtOnceBytes) {
    auto bytes = compress(response.body.bytes(), coding, config_.live);
    if (bytes.empty()) return;
    response.body = Body(std::move(bytes));
  } else if (encoders_ == kMaxEncoders) {
    return metrics_.encoders_refused.increment();
  } else {
    response.body = Body(std::make_unique<EncodedStream>(std::move(response.body), coding,
                                                         config_.live, Slot(encoders_)));
  }
  metrics_.coded_responses[static_cast<std::size_t>(coding)]->increment();
  response.headers.add("Content-Encoding", coding_name(coding));
  // After a change the tag names the new version, not these bytes.
  const bool is_read = request.method == Method::kGet || request.method == Method::kHead;
  if (is_read) response.etag = etag_in(response.etag, coding);
}

}  // namespace souk::http
