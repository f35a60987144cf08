#include "http/h1/chunked.h"

#include <algorithm>
#include <charconv>

namespace souk::http::h1 {
namespace {

constexpr Refusal kBadSize{400, "a chunk does not begin with its size"};
constexpr Refusal kExtensions{400, "the chunk extensions are larger than the server allows"};
constexpr Refusal kBadChunkEnd{400, "a chunk is not as long as it said"};
constexpr Refusal kTooLarge{413, "the body is larger than the server allows"};

}  // namespace

void ChunkedDecoder::start(std::size_t body_begin) {
  *this = {};
  body_begin_ = body_begin;
  lines_.start(body_begin);
}

Event ChunkedDecoder::decode(Buffer& in, const Limits& limits) {
  while (step(in, limits)) {
  }
  if (error_) return Event::kError;
  if (state_ == State::kDone) return Event::kComplete;
  compact(in);
  return Event::kNeedMore;
}

bool ChunkedDecoder::step(Buffer& in, const Limits& limits) {
  switch (state_) {
    case State::kSize:
      return read_size(in, limits);
    case State::kData:
      return move_data(in);
    case State::kDataEnd:
      return read_data_end(in);
    case State::kTrailers:
      return read_trailers(in, limits);
    case State::kDone:
      return false;
  }
  return false;
}

bool ChunkedDecoder::read_size(const Buffer& in, const Limits& limits) {
  std::string_view line;
  const auto status = lines_.read(in.view(), kMaxChunkLine, line);
  if (status == LineReader::Status::kPartial) return false;
  if (status == LineReader::Status::kTooLong) return refuse(kExtensions);
  if (status == LineReader::Status::kForbidden) return refuse(kBadSize);
  const char* const begin = line.data();
  const char* const end = begin + line.size();
  const auto [stop, error] = std::from_chars(begin, end, chunk_left_, 16);
  if (error != std::errc() || (stop != end && *stop != ';')) return refuse(kBadSize);
  extension_bytes_ += static_cast<std::size_t>(end - stop);
  if (extension_bytes_ > kMaxChunkExtensionBytes) return refuse(kExtensions);
  // The limit may be lowered after more than it was taken: the rest of a body is discarded.
  const auto taken = dropped_ + body_size_;
  if (chunk_left_ > limits.max_body_bytes - std::min(limits.max_body_bytes, taken)) {
    return refuse(kTooLarge);
  }
  if (chunk_left_ == 0) trailers_.start(lines_.position());
  state_ = chunk_left_ == 0 ? State::kTrailers : State::kData;
  return true;
}

bool ChunkedDecoder::move_data(Buffer& in) {
  const std::size_t from = lines_.position();
  const auto n = std::min<std::uint64_t>(chunk_left_, in.size() - from);
  char* const to = in.data() + body_begin_ + body_size_;
  if (n > 0) std::memmove(to, in.data() + from, n);
  body_size_ += n;
  chunk_left_ -= n;
  lines_.start(from + n);
  if (chunk_left_ > 0) return false;
  state_ = State::kDataEnd;
  return true;
}

bool ChunkedDecoder::read_data_end(const Buffer& in) {
  const auto rest = in.view().substr(lines_.position(), 2);
  if (rest != std::string_view("\r\n").substr(0, rest.size())) return refuse(kBadChunkEnd);
  if (rest.size() < 2) return false;
  lines_.start(lines_.position() + 2);
  state_ = State::kSize;
  return true;
}

bool ChunkedDecoder::read_trailers(const Buffer& in, const Limits& limits) {
  HeaderField dropped;
  switch (trailers_.next(in.view(), lines_, limits, dropped, error_)) {
    case SectionReader::Status::kField:
      return true;
    case SectionReader::Status::kEnd:
      state_ = State::kDone;
      return false;
    case SectionReader::Status::kPartial:
    case SectionReader::Status::kRefused:
      return false;
  }
  return false;
}

bool ChunkedDecoder::refuse(Refusal refusal) {
  error_ = refusal;
  return false;
}

// Removes decoded raw bytes; once per read, so that many small chunks cost no more than one large
// one.
void ChunkedDecoder::compact(Buffer& in) {
  const std::size_t body_end = body_begin_ + body_size_;
  const std::size_t gap = lines_.position() - body_end;
  if (gap == 0) return;
  const std::size_t rest = in.size() - lines_.position();
  std::memmove(in.data() + body_end, in.data() + lines_.position(), rest);
  in.truncate(body_end + rest);
  lines_.shift(gap);
  trailers_.shift(gap);
}

void ChunkedDecoder::drop_body() {
  dropped_ += body_size_;
  lines_.shift(body_size_);
  trailers_.shift(body_size_);
  body_size_ = 0;
}

void ChunkedDecoder::shift(std::size_t n) {
  body_begin_ -= n;
  lines_.shift(n);
  trailers_.shift(n);
}

}  // namespace souk::http::h1
