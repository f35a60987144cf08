// The response parser: for any input, split anywhere, it gives the same result, stays within the
// buffer, and makes progress.
#include <string>

#include "base/assert.h"
#include "http/h1/response_parser.h"
#include "pieces.h"

namespace souk::http::h1 {
namespace {

constexpr Limits kLimits{
    .max_start_line = 128, .max_header_bytes = 512, .max_headers = 8, .max_body_bytes = 256};

class Reading {
 public:
  Reading() : parser_(kLimits) { parser_.start(0); }

  // False after an error.
  bool feed(std::string_view piece) {
    in_.append(piece);
    for (;;) {
      const auto event = parser_.parse(in_);
      if (event == Event::kNeedMore) return true;
      if (event == Event::kError) {
        read_ += '!';
        return false;
      }
      if (event == Event::kComplete) note_message();
    }
  }
  void finish() {
    if (parser_.finish(in_) == Event::kComplete) {
      note_message();
    } else {
      read_ += '!';
    }
  }
  const std::string& read() const { return read_; }

 private:
  void note_message() {
    SOUK_ASSERT(parser_.status() >= 100 && parser_.status() <= 999);
    SOUK_ASSERT(parser_.begin() < parser_.end() && parser_.end() <= in_.size());
    const auto body = parser_.body(in_);
    SOUK_ASSERT(body.size() <= kLimits.max_body_bytes);
    Headers headers;
    parser_.bind_headers(in_, headers);
    read_ += std::to_string(parser_.status()) + '|';
    for (const auto& [name, value] : headers) {
      read_ += std::string(name) + '=' + std::string(value) + '|';
    }
    read_ += std::string(body) + (parser_.keeps_alive() ? "|keep\n" : "|close\n");
    parser_.start(parser_.end());
  }

  ResponseParser parser_;
  Buffer in_;
  std::string read_;
};

std::string read(std::string_view wire, std::size_t largest_piece) {
  Reading reading;
  bool open = true;
  fuzz::feed_in_pieces(wire, largest_piece,
                       [&](std::string_view piece) { return open = reading.feed(piece); });
  if (open) reading.finish();
  return reading.read();
}

}  // namespace
}  // namespace souk::http::h1

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using souk::http::h1::read;
  const std::string_view wire(reinterpret_cast<const char*>(data), size);
  souk::http::h1::Reading whole;
  if (whole.feed(wire)) whole.finish();
  SOUK_ASSERT(read(wire, 1) == whole.read());
  SOUK_ASSERT(read(wire, 40) == whole.read());
  return 0;
}
