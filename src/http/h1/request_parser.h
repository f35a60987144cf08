// Parses HTTP/1.1 requests (RFC 9112) from a growing buffer: bytes in, events out, no I/O. The
// result depends only on the bytes, not on how they were split. Strict: messages that two parsers
// could read differently are refused.
//
// Threading: plain values.
// Ownership: borrows the buffer during calls; between parse() calls of one message the owner only
// appends to it, or removes bytes from its front and calls shift().
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/buffer.h"
#include "http/h1/chunked.h"
#include "http/h1/fields.h"
#include "http/message.h"

namespace souk::http::h1 {

inline constexpr std::size_t kMaxLeadingEmptyLines = 4;

class RequestParser {
 public:
  explicit RequestParser(const Limits& limits) : limits_(limits) {}

  // Starts at the message at `begin` of the buffer.
  void start(std::size_t begin);

  // Call it again after kHead, and after kNeedMore when more has arrived. Decodes a chunked body in
  // place.
  Event parse(Buffer& in);

  // After kHead: another limit for this message's body.
  void set_max_body_bytes(std::size_t bytes) { message_limits_.max_body_bytes = bytes; }
  // After kHead, and again whenever the buffer has moved: fills everything but the body.
  void bind(const Buffer& in, Request& request) const;

  // After kHead.
  bool expects_continue() const { return expects_continue_ && has_body(); }
  bool has_body() const { return framing_.chunked || framing_.length > 0; }
  bool keeps_alive() const {
    return !framing_.close && (minor_version_ > 0 || framing_.keep_alive);
  }
  int minor_version() const { return minor_version_; }

  // The announced length; nothing: unknown.
  std::optional<std::uint64_t> body_length() const {
    return framing_.chunked ? std::nullopt : std::optional(framing_.length);
  }
  // After kNeedMore or kComplete: the received part of the body that was not dropped.
  std::string_view body_so_far(const Buffer& in) const;
  // Removes that part from the buffer; bytes before it do not move.
  void drop_body(Buffer& in);

  std::size_t begin() const { return begin_; }
  // After kComplete: where the next message begins.
  std::size_t end() const;
  const Refusal& error() const { return error_; }

  // The owner has removed `n` bytes before begin() from the buffer.
  void shift(std::size_t n);

 private:
  enum class State : std::uint8_t { kStartLine, kFields, kLength, kChunked, kDone, kFailed };
  // A part of the head, relative to head_.
  struct Span {
    std::uint32_t at = 0;
    std::uint32_t size = 0;
  };
  struct FieldSpan {
    Span name;
    Span value;
  };

  Event read_start_line(Buffer& in);
  Event read_fields(Buffer& in);
  Event end_of_head();
  Event read_body(Buffer& in);
  Refusal parse_start_line(std::string_view line);
  Refusal parse_version(std::string_view text);
  Refusal parse_target(std::string_view target);
  Refusal parse_absolute_target(std::string_view target);
  Refusal add_field(const HeaderField& field);
  Refusal check_head() const;
  Event refuse(Refusal refusal);
  Span span_of(std::string_view part) const;
  static std::string_view view_of(const char* head, Span span) {
    return {head + span.at, span.size};
  }

  Limits limits_;
  Limits message_limits_;
  State state_ = State::kStartLine;
  LineReader lines_;
  SectionReader section_;
  Framing framing_;
  ChunkedDecoder chunks_;
  Refusal error_;

  std::size_t begin_ = 0;       // of the message in the buffer
  std::size_t body_ = 0;        // of its body
  std::uint64_t dropped_ = 0;   // of its body; only where its length was announced
  const char* head_ = nullptr;  // the buffer's message during a call
  std::size_t empty_lines_ = 0;
  std::size_t hosts_ = 0;
  int minor_version_ = 1;
  bool expects_continue_ = false;
  bool absolute_ = false;
  Method method_ = Method::kOther;
  Span method_text_;
  Span target_;
  Span path_;
  Span query_;
  Span authority_;
  std::vector<FieldSpan> fields_;
};

}  // namespace souk::http::h1
