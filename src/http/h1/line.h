// Splits a growing buffer into the lines of an HTTP/1.1 message. Only CRLF ends a line; control
// characters other than tab are forbidden in it (RFC 9112 sections 2.2 and 5.5, RFC 9110 section
// 5.5). Each byte is examined once, however the input is split.
// Threading: plain values.
#pragma once

#include <cstddef>
#include <string_view>

namespace souk::http::h1 {

// Index of the first control character in data[from, to), or `to`.
std::size_t find_control(std::string_view data, std::size_t from, std::size_t to);

class LineReader {
 public:
  enum class Status { kLine, kPartial, kTooLong, kForbidden };

  void start(std::size_t at) { begin_ = scanned_ = at; }
  // The next line without its CRLF, of at most `max` bytes, as a view into `data`: all bytes
  // received so far, with the same origin at each call.
  Status read(std::string_view data, std::size_t max, std::string_view& line);
  // Where the next line begins.
  std::size_t position() const { return begin_; }
  // The owner has removed `n` bytes before position() from the data.
  void shift(std::size_t n) {
    begin_ -= n;
    scanned_ -= n;
  }

 private:
  std::size_t begin_ = 0;
  std::size_t scanned_ = 0;
};

}  // namespace souk::http::h1
