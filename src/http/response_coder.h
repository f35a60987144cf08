// Compresses the responses that are made for one request: bodies that are whole at once, streams
// and large bodies while they are sent. Responses from the cache have been coded already.
//
// Threading: one per worker, loop thread only. Ownership: borrows its arguments; outlives the
// bodies it made.
#pragma once

#include "http/coding/config.h"
#include "http/metrics.h"
#include "http/router.h"

namespace souk::http {

// Whether bodies of this Content-Type are compressed.
bool is_compressed_type(const CodingConfig& config, std::string_view content_type);

class ResponseCoder {
 public:
  // A body up to this size is compressed at once, in about 0.1 ms; a larger one in pieces, between
  // which other connections have their turn.
  static constexpr std::size_t kMaxAtOnceBytes = 32 * 1024;
  // Bodies compressed in pieces at a time; more are sent as they are. Each holds up to half a
  // mebibyte for as long as its client reads.
  static constexpr std::size_t kMaxEncoders = 64;

  ResponseCoder(const CodingConfig& config, Metrics& metrics)
      : config_(config), metrics_(metrics) {}

  // Codes the body as the client prefers, with Content-Encoding, Vary and the coding's entity tag;
  // unless its route holds secrets, or it is small, of a type that is not compressed, or would not
  // become smaller.
  void code(const Request& request, const Route& route, Response& response);

 private:
  const CodingConfig& config_;
  Metrics& metrics_;
  std::size_t encoders_ = 0;
};

}  // namespace souk::http
