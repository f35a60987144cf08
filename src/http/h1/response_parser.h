// Parses HTTP/1.1 responses (RFC 9112) from a growing buffer, as RequestParser does requests: for
// our client, the load tester and tests. Interim responses (1xx) are skipped, up to kMaxInterim;
// 101 is an error, since no upgrade is ever requested.
//
// Threading: plain values.
// Ownership: borrows the buffer during calls; between the parse() calls of one message the owner
// only appends to it. Results are views into the buffer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/buffer.h"
#include "http/h1/chunked.h"
#include "http/h1/fields.h"

namespace souk::http::h1 {

class ResponseParser {
 public:
  static constexpr int kMaxInterim = 16;  // before a response

  explicit ResponseParser(const Limits& limits = {}) : limits_(limits) {}

  // Starts at the message at `begin` of the buffer; a response to HEAD has no body.
  void start(std::size_t begin, bool to_head = false);
  // Call it again after kHead, and after kNeedMore when more has arrived.
  Event parse(Buffer& in);
  // The server has closed the connection: kComplete if that ends the body, else kError.
  Event finish(const Buffer& in);

  // After kHead.
  int status() const { return status_; }
  bool keeps_alive() const;
  void bind_headers(const Buffer& in, Headers& headers) const;
  // The first field of that name, ignoring case; empty when there is none.
  std::string_view header(const Buffer& in, std::string_view name) const;

  // After kComplete.
  std::string_view body(const Buffer& in) const { return in.view().substr(body_, body_size_); }
  std::size_t end() const { return end_; }

  std::size_t begin() const { return begin_; }
  const Refusal& error() const { return error_; }

 private:
  enum class State : std::uint8_t {
    kStartLine,
    kFields,
    kLength,
    kChunked,
    kUntilClose,
    kDone,
    kFailed
  };
  // A field in the buffer, relative to begin_.
  struct FieldSpan {
    std::uint32_t name_at;
    std::uint32_t name_size;
    std::uint32_t value_at;
    std::uint32_t value_size;
  };

  void start_head(std::size_t begin);
  Event step(Buffer& in);
  Event read_start_line(Buffer& in);
  bool parse_start_line(std::string_view line);
  Event read_fields(Buffer& in);
  Event end_of_head();
  Event read_body(Buffer& in);
  Event complete(std::size_t body_size, std::size_t end);
  Event refuse(Refusal refusal);
  HeaderField field_at(const Buffer& in, const FieldSpan& span) const;

  Limits limits_;
  State state_ = State::kStartLine;
  LineReader lines_;
  SectionReader section_;
  Framing framing_;
  ChunkedDecoder chunks_;
  Refusal error_;
  std::size_t begin_ = 0;
  std::size_t body_ = 0;
  std::size_t body_size_ = 0;
  std::size_t end_ = 0;
  int status_ = 0;
  int minor_version_ = 1;
  int interim_ = 0;
  bool to_head_ = false;
  std::vector<FieldSpan> fields_;
};

}  // namespace souk::http::h1
