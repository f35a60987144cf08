#include "http/h1/response_writer.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "http/header_policy.h"
#include "http/response_fields.h"

namespace souk::http::h1 {
namespace {

// Room for a head without the response's own fields.
constexpr std::size_t kFixedHeadBytes = 512;

// Appends to memory reserved once: a head has some twenty small parts.
class Cursor {
 public:
  explicit Cursor(char* at) : at_(at) {}
  char* at() const { return at_; }
  void text(std::string_view piece) { at_ = std::copy(piece.begin(), piece.end(), at_); }
  void number(std::uint64_t number, int base = 10) {
    at_ = std::to_chars(at_, at_ + 20, number, base).ptr;
  }
  void uuid(const Uuid& id) {
    id.format_to(at_);
    at_ += 36;
  }

 private:
  char* at_;
};

void write_status_line(Cursor& out, int status) {
  if (status == 200) return out.text("HTTP/1.1 200 OK\r\n");
  out.text("HTTP/1.1 ");
  out.number(static_cast<std::uint64_t>(status));
  out.text(" ");
  out.text(reason_phrase(status));
  out.text("\r\n");
}

void write_framing(Cursor& out, const Response& response, BodyFraming framing) {
  if (framing == BodyFraming::kLength) {
    out.text("Content-Length: ");
    out.number(response.body.size().value_or(0));
    out.text("\r\n");
  } else if (framing == BodyFraming::kChunked) {
    out.text("Transfer-Encoding: chunked\r\n");
  }
}

void write_connection(Cursor& out, const Envelope& envelope) {
  if (envelope.close) {
    out.text("Connection: close\r\n");
  } else if (envelope.minor_version == 0) {
    out.text("Connection: keep-alive\r\n");
  }
}

void write_timing(Cursor& out, const runtime::Context& context) {
  out.text("Server-Timing: ");
  out = Cursor(write_server_timing(out.at(), context));
  out.text("\r\n");
}

}  // namespace

BodyFraming framing_of(const Response& response, int minor_version) {
  if (response.status == 204 || response.status == 304) return BodyFraming::kNone;
  if (response.body.size()) return BodyFraming::kLength;
  return minor_version == 0 ? BodyFraming::kClose : BodyFraming::kChunked;
}

void write_head(Buffer& out, const Response& response, BodyFraming framing,
                const Envelope& envelope) {
  const auto caching =
      response.caching == nullptr ? std::string_view() : response.caching->h1_lines();
  const auto& common = response.common == nullptr ? default_common_fields() : *response.common;
  char* const begin =
      out.prepare(kFixedHeadBytes + common.h1_lines().size() + response.content_type.size() +
                  response.etag.size() + caching.size() + response.headers.size_bytes());
  Cursor head(begin);
  write_status_line(head, response.status);
  head.text("Date: ");
  head.text(envelope.date);
  head.text("\r\n");
  head.text(common.h1_lines());
  if (!response.content_type.empty()) {
    head.text("Content-Type: ");
    head.text(response.content_type);
    head.text("\r\n");
  }
  write_framing(head, response, framing);
  if (!response.etag.empty()) {
    head.text("ETag: ");
    head.text(response.etag);
    head.text("\r\n");
  }
  if (envelope.request_id != nullptr) {
    head.text("X-Request-Id: ");
    head.uuid(*envelope.request_id);
    head.text("\r\n");
  }
  if (envelope.timing != nullptr) write_timing(head, *envelope.timing);
  write_connection(head, envelope);
  head.text(caching);
  for (const auto [name, value] : response.headers) {
    head.text(name);
    head.text(": ");
    head.text(value);
    head.text("\r\n");
  }
  head.text("\r\n");
  out.commit(static_cast<std::size_t>(head.at() - begin));
}

void write_chunk_begin(Buffer& out, std::size_t size) {
  char* const begin = out.prepare(20);
  Cursor line(begin);
  line.number(size, 16);
  line.text("\r\n");
  out.commit(static_cast<std::size_t>(line.at() - begin));
}

}  // namespace souk::http::h1
