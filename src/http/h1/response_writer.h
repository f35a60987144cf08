// Writes responses in HTTP/1.1's form (RFC 9112): the head and the framing of streamed bodies.
// Threading: pure functions. Ownership: appends to the caller's buffer.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/buffer.h"
#include "base/uuid.h"
#include "http/message.h"
#include "runtime/context.h"

namespace souk::http::h1 {

// How the client finds the end of the body.
enum class BodyFraming : std::uint8_t {
  kNone,     // the status has no body: no length either
  kLength,   // Content-Length
  kChunked,  // Transfer-Encoding: chunked
  kClose,    // a stream of unknown length to an HTTP/1.0 client
};
BodyFraming framing_of(const Response& response, int minor_version);

// What the connection adds to a response.
struct Envelope {
  int minor_version = 1;             // of the request; the answer is always HTTP/1.1
  bool close = false;                // the connection ends after this response
  std::string_view date = {};        // see DateCache
  const Uuid* request_id = nullptr;  // null before there is a request
  // Server-Timing: what the database did for this request; null for none of our business.
  const runtime::Context* timing = nullptr;
};

void write_head(Buffer& out, const Response& response, BodyFraming framing,
                const Envelope& envelope);

inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
inline constexpr std::string_view kChunkEnd = "\r\n";
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";
// What stands before a chunk of `size` > 0 bytes; kChunkEnd follows it.
void write_chunk_begin(Buffer& out, std::size_t size);

}  // namespace souk::http::h1
