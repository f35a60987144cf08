#include "http/h1/fields.h"

#include <algorithm>
#include <charconv>

#include "http/syntax.h"

namespace souk::http::h1 {
namespace {

constexpr Refusal kForbiddenByte{400, "a line holds a control character or does not end with CRLF"};
constexpr Refusal kFolded{400, "a header field is folded or begins with white space"};
constexpr Refusal kBadFieldName{400, "a header field has no colon or no valid name before it"};
constexpr Refusal kBadLength{400, "Content-Length is not one number of bytes"};
constexpr Refusal kRepeatedLength{400, "Content-Length is repeated"};
constexpr Refusal kRepeatedCoding{400, "Transfer-Encoding is repeated"};
constexpr Refusal kBadCoding{400, "Transfer-Encoding is malformed, or chunked is not its last"};
constexpr Refusal kUnknownCoding{501, "the only transfer coding this server knows is chunked"};
constexpr Refusal kLengthAndCoding{400, "Transfer-Encoding and Content-Length exclude each other"};
constexpr Refusal kCodingTooEarly{400, "Transfer-Encoding does not exist in HTTP/1.0"};

Refusal split_field(std::string_view line, HeaderField& field) {
  if (syntax::is_space(line.front())) return kFolded;
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !syntax::is_token(line.substr(0, colon))) {
    return kBadFieldName;
  }
  field = {line.substr(0, colon), syntax::trim(line.substr(colon + 1))};
  return {};
}

Refusal note_transfer_encoding(std::string_view value) {
  std::size_t chunked = 0;
  bool last_is_chunked = false;
  bool malformed = false;
  bool unknown = false;
  syntax::for_each_element(value, [&](std::string_view coding) {
    last_is_chunked = equals_ignoring_case(coding, "chunked");
    if (last_is_chunked) {
      ++chunked;
    } else {
      malformed |= !syntax::is_token(syntax::trim(coding.substr(0, coding.find(';'))));
      malformed |= equals_ignoring_case(coding.substr(0, 7), "chunked");
      unknown = true;
    }
  });
  if (malformed || chunked > 1 || (chunked == 1 && !last_is_chunked)) return kBadCoding;
  return unknown ? kUnknownCoding : Refusal{};
}

}  // namespace

SectionReader::Status SectionReader::next(std::string_view data, LineReader& lines,
                                          const Limits& limits, HeaderField& field,
                                          Refusal& refusal) {
  const std::size_t used = lines.position() - begin_;
  const std::size_t left = limits.max_header_bytes - std::min(used, limits.max_header_bytes);
  std::string_view line;
  switch (lines.read(data, left, line)) {
    case LineReader::Status::kPartial:
      return Status::kPartial;
    case LineReader::Status::kTooLong:
      refusal = kFieldsTooLarge;
      return Status::kRefused;
    case LineReader::Status::kForbidden:
      refusal = kForbiddenByte;
      return Status::kRefused;
    case LineReader::Status::kLine:
      break;
  }
  if (line.empty()) return Status::kEnd;
  refusal = ++fields_ > limits.max_headers ? kTooManyFields : split_field(line, field);
  return refusal ? Status::kRefused : Status::kField;
}

Refusal Framing::add(const HeaderField& field) {
  // Compares lengths first: most fields are none of these.
  switch (field.name.size()) {
    case 10:
      if (!equals_ignoring_case(field.name, "connection")) break;
      syntax::for_each_element(field.value, [this](std::string_view option) {
        close |= equals_ignoring_case(option, "close");
        keep_alive |= equals_ignoring_case(option, "keep-alive");
      });
      break;
    case 14: {
      if (!equals_ignoring_case(field.name, "content-length")) break;
      if (has_length) return kRepeatedLength;
      const char* const begin = field.value.data();
      const char* const end = begin + field.value.size();
      const auto [stop, error] = std::from_chars(begin, end, length);
      if (error != std::errc() || stop != end) return kBadLength;
      has_length = true;
      break;
    }
    case 17:
      if (!equals_ignoring_case(field.name, "transfer-encoding")) break;
      if (chunked) return kRepeatedCoding;
      chunked = true;
      return note_transfer_encoding(field.value);
    default:
      break;
  }
  return {};
}

Refusal Framing::verdict(int minor_version) const {
  if (chunked && minor_version == 0) return kCodingTooEarly;
  if (chunked && has_length) return kLengthAndCoding;
  return {};
}

}  // namespace souk::http::h1
