// The request parser: whatever comes and however it is split, it says the same, stays within the
// buffer, and moves on.
#include <string>

#include "base/assert.h"
#include "http/h1/request_parser.h"
#include "pieces.h"

namespace souk::http::h1 {
namespace {

// Small, so that the fuzzer reaches them.
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
      if (event == Event::kError) {
        SOUK_ASSERT(parser_.error().status >= 400 && parser_.error().status < 600);
        SOUK_ASSERT(parser_.parse(in_) == Event::kError);
        read_ += std::to_string(parser_.error().status);
        return false;
      }
      if (event == Event::kNeedMore) break;
      note_message(event == Event::kComplete);
    }
    const auto served = parser_.begin();
    in_.consume(served);
    parser_.shift(served);
    SOUK_ASSERT(in_.size() <= 2 * (128 + 512 + 256) + piece.size());
    return true;
  }
  const std::string& read() const { return read_; }

 private:
  void note_message(bool complete) {
    Request request;
    parser_.bind(in_, request);
    note(request.method_text);
    note(request.target);
    note(request.path);
    note(request.query);
    note(request.authority);
    for (const auto& [name, value] : request.headers) {
      SOUK_ASSERT(!name.empty());
      note(name);
      note(value);
    }
    SOUK_ASSERT(request.headers.size() <= kLimits.max_headers);
    SOUK_ASSERT(
        request.headers.count("content-length") + request.headers.count("transfer-encoding") <= 1);
    if (!complete) return;
    note(request.body);
    SOUK_ASSERT(request.body.size() <= kLimits.max_body_bytes);
    read_ += parser_.keeps_alive() ? "|keep\n" : "|close\n";
    SOUK_ASSERT(parser_.end() > parser_.begin() && parser_.end() <= in_.size());
    parser_.start(parser_.end());
  }
  void note(std::string_view part) {
    const bool inside =
        part.data() >= in_.data() && part.data() + part.size() <= in_.data() + in_.size();
    SOUK_ASSERT(inside || part.empty() || part == "/" || part == "*");
    read_ += part;
    read_ += '|';
  }

  RequestParser parser_;
  Buffer in_;
  std::string read_;
};

std::string read(std::string_view wire, std::size_t largest_piece) {
  Reading reading;
  fuzz::feed_in_pieces(wire, largest_piece,
                       [&](std::string_view piece) { return reading.feed(piece); });
  return reading.read();
}

}  // namespace
}  // namespace souk::http::h1

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using souk::http::h1::read;
  const std::string_view wire(reinterpret_cast<const char*>(data), size);
  souk::http::h1::Reading whole;
  whole.feed(wire);
  SOUK_ASSERT(read(wire, 1) == whole.read());
  SOUK_ASSERT(read(wire, 40) == whole.read());
  return 0;
}
