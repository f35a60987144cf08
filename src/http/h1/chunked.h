// Takes the chunked transfer coding off a body, in place (RFC 9112 section 7.1).
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

// The decoded bytes gather at the body's beginning while the raw ones are read on behind them.
// Trailer fields are checked and dropped.
class ChunkedDecoder {
 public:
  void start(std::size_t body_begin);
  // kNeedMore, kComplete or kError. May move bytes behind the body's beginning; before kNeedMore
  // the buffer is cut down to what is still needed.
  Event decode(Buffer& in, const Limits& limits);

  // Decoded and not dropped.
  std::size_t body_size() const { return body_size_; }
  // The owner has removed what was decoded from the buffer.
  void drop_body();
  // After kComplete: where the next message begins.
  std::size_t end() const { return lines_.position(); }
  const Refusal& error() const { return error_; }
  // The buffer has lost `n` bytes before the body.
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
