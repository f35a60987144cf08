// Decodes the chunked transfer coding in place (RFC 9112 section 7.1).
//
// Threading: plain values. Ownership: borrows the buffer for the duration of a call.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/buffer.h"
#include "http/h1/fields.h"

namespace souk::http::h1 {

inline constexpr std::size_t kMaxChunkLine = 256;
inline constexpr std::size_t kMaxTrailerBytes = 4 * 1024;         // of a request
inline constexpr std::size_t kMaxChunkExtensionBytes = 8 * 1024;  // of one body

// Decoded bytes are moved to the body's beginning; raw bytes are read behind them. Trailer fields
// are checked and dropped.
class ChunkedDecoder {
 public:
  void start(std::size_t body_begin);
  // kNeedMore, kComplete or kError. May move bytes after the body's beginning; before kNeedMore the
  // buffer is cut down to what is still needed.
  Event decode(Buffer& in, const Limits& limits);

  // Bytes decoded and not dropped.
  std::size_t body_size() const { return body_size_; }
  // The owner has removed the decoded bytes from the buffer.
  void drop_body();
  // After kComplete: where the next message begins.
  std::size_t end() const { return lines_.position(); }
  const Refusal& error() const { return error_; }
  // The owner has removed `n` bytes before the body from the buffer.
  void shift(std::size_t n);

 private:
  enum class State : std::uint8_t { kSize, kData, kDataEnd, kTrailers, kDone };

  // True when there is a next step to take with what is in the buffer.
  bool step(Buffer& in, const Limits& limits);
  bool read_size(const Buffer& in, const Limits& limits);
  bool move_data(Buffer& in);
  bool read_data_end(const Buffer& in);
  bool read_trailers(const Buffer& in, const Limits& limits);
  bool refuse(Refusal refusal);
  void compact(Buffer& in);

  State state_ = State::kSize;
  LineReader lines_;
  SectionReader trailers_;
  std::size_t body_begin_ = 0;
  std::size_t body_size_ = 0;
  std::size_t dropped_ = 0;
  std::uint64_t chunk_left_ = 0;
  std::size_t extension_bytes_ = 0;
  Refusal error_;
};

}  // namespace souk::http::h1
