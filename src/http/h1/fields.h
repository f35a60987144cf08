// Header and trailer sections, and the message framing that they define (RFC 9112 sections 5
// and 6). Shared by the request and the response parser.
// Threading: plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/h1/line.h"
#include "http/headers.h"
#include "http/refusal.h"

namespace souk::http::h1 {

struct Limits {
  std::size_t max_start_line = 8 * 1024;
  std::size_t max_header_bytes = 16 * 1024;  // all lines of a section together
  std::size_t max_headers = 100;
  std::size_t max_body_bytes = 1024 * 1024;
};

enum class Event : std::uint8_t {
  kNeedMore,  // more input is needed
  kHead,      // start line and fields are complete, once per message
  kComplete,  // the body is complete too
  kError,     // see error(); final
};

// Reads the field lines of one section up to the empty line that ends it.
class SectionReader {
 public:
  enum class Status { kField, kEnd, kPartial, kRefused };

  void start(std::size_t at) {
    begin_ = at;
    fields_ = 0;
  }
  // The next field, as views into `data`; `refusal` is set for kRefused.
  Status next(std::string_view data, LineReader& lines, const Limits& limits, HeaderField& field,
              Refusal& refusal);
  void shift(std::size_t n) { begin_ -= n; }

 private:
  std::size_t begin_ = 0;
  std::size_t fields_ = 0;
};

// Message framing and persistence, as the fields define them.
struct Framing {
  bool has_length = false;
  bool chunked = false;
  bool close = false;       // Connection: close
  bool keep_alive = false;  // Connection: keep-alive
  std::uint64_t length = 0;

  // Reads Content-Length, Transfer-Encoding and Connection; ignores other fields.
  Refusal add(const HeaderField& field);
  // Checks the combination. REQUIRES: the section has ended.
  Refusal verdict(int minor_version) const;
};

}  // namespace souk::http::h1
