// Serialises HTTP/1.1 responses (RFC 9112): the head and the framing of streamed bodies.
// Threading: pure functions. Ownership: appends to the caller's buffer.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/buffer.h"
#include "base/uuid.h"
#include "http/message.h"
#include "runtime/context.h"

namespace souk::http::h1 {

// How the end of the body is marked.
enum class BodyFraming : std::uint8_t {
  kNone,     // the status allows no body, and no length
  kLength,   // Content-Length
  kChunked,  // Transfer-Encoding: chunked
  kClose,    // a stream of unknown length to an HTTP/1.0 client
};
BodyFraming framing_of(const Response& response, int minor_version);

// Fields that the connection adds to a response.
struct Envelope {
  int minor_version = 1;             // of the request; the answer is always HTTP/1.1
  bool close = false;                // the connection ends after this response
  std::string_view date = {};        // see DateCache
  const Uuid* request_id = nullptr;  // null before there is a request
  // For Server-Timing: the request's statements and database time; null: not sent.
  const runtime::Context* timing = nullptr;
};

void write_head(Buffer& out, const Response& response, BodyFraming framing,
                const Envelope& envelope);

inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
inline constexpr std::string_view kChunkEnd = "\r\n";
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";
// Writes the start of a chunk of `size` > 0 bytes; kChunkEnd follows the chunk.
void write_chunk_begin(Buffer& out, std::size_t size);

}  // namespace souk::http::h1
