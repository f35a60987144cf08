#include "base/json_writer.h"

#include <array>
#include <charconv>
#include <cmath>

#include "base/rfc3339.h"
#include "base/utf8.h"

namespace souk {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Bytes that need no escaping: printable ASCII except the quote and the backslash.
constexpr auto kPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x80; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}();

void append_escaped(Buffer& out, unsigned char c) {
  switch (c) {
    case '"':
      return out.append("\\\"");
    case '\\':
      return out.append("\\\\");
    case '\n':
      return out.append("\\n");
    case '\r':
      return out.append("\\r");
    case '\t':
      return out.append("\\t");
    default:
      out.append("\\u00");
      out.append(kHex[c >> 4]);
      out.append(kHex[c & 15]);
  }
}

}  // namespace

void JsonWriter::value(std::string_view text) {
  separate();
  out_.append('"');
  std::size_t from = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (kPlain[c]) {
      ++at;
      continue;
    }
    if (c >= 0x80) {
      const auto length = utf8_sequence_length(text.substr(at));
      if (length > 0) {
        at += length;
        continue;
      }
    }
    out_.append(text.substr(from, at - from));
    if (c >= 0x80) {
      out_.append(kReplacement);
    } else {
      append_escaped(out_, c);
    }
    from = ++at;
  }
  out_.append(text.substr(from));
  out_.append('"');
  need_comma_ = true;
}

void JsonWriter::value(double number) {
  if (!std::isfinite(number)) return null();
  separate();
  char* at = out_.prepare(32);
  out_.commit(static_cast<std::size_t>(std::to_chars(at, at + 32, number).ptr - at));
  need_comma_ = true;
}

void JsonWriter::value(const Uuid& id) {
  separate();
  char* at = out_.prepare(38);
  at[0] = '"';
  id.format_to(at + 1);
  at[37] = '"';
  out_.commit(38);
  need_comma_ = true;
}

void JsonWriter::value(Timestamp time) {
  separate();
  out_.append('"');
  char* at = out_.prepare(kRfc3339Size);
  format_rfc3339(time, at);
  out_.commit(kRfc3339Size);
  out_.append('"');
  need_comma_ = true;
}

}  // namespace souk
