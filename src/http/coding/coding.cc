#include "http/coding/coding.h"

#include <algorithm>

namespace souk::http {
namespace {

// `name` is in lower case.
bool is_name(std::string_view text, std::string_view name) {
  return std::ranges::equal(text, name, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
  });
}

}  // namespace

std::optional<ContentCoding> parse_coding(std::string_view name) {
  for (std::size_t i = 0; i < kCodingNames.size(); ++i) {
    if (is_name(name, kCodingNames[i])) return static_cast<ContentCoding>(i);
  }
  if (is_name(name, "x-gzip")) return ContentCoding::kGzip;
  return std::nullopt;
}

std::string etag_in(std::string_view etag, ContentCoding coding) {
  std::string tag(etag);
  if (coding == ContentCoding::kIdentity || tag.empty()) return tag;
  tag.back() = '-';
  tag.append(coding_name(coding)).push_back('"');
  return tag;
}

std::string_view without_coding(std::string_view opaque) {
  for (std::size_t i = 1; i < kCodingNames.size(); ++i) {
    const auto name = kCodingNames[i];
    if (opaque.ends_with(name) && opaque.size() > name.size() &&
        opaque[opaque.size() - name.size() - 1] == '-') {
      return opaque.substr(0, opaque.size() - name.size() - 1);
    }
  }
  return opaque;
}

}  // namespace souk::http
