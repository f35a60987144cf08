// Content codings (RFC 9110 section 8.4): their names, and the entity tags of coded
// representations.
//
// Threading: pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace souk::http {

enum class ContentCoding : std::uint8_t { kIdentity, kGzip, kBrotli, kZstd };
inline constexpr std::array<std::string_view, 4> kCodingNames = {"identity", "gzip", "br", "zstd"};

// The values of Content-Encoding.
constexpr std::string_view coding_name(ContentCoding coding) {
  return kCodingNames[static_cast<std::size_t>(coding)];
}
// Letters compare without case; "x-gzip" is gzip (RFC 9110 section 8.4.1.3).
std::optional<ContentCoding> parse_coding(std::string_view name);

// Each coding is another representation, with another strong tag (RFC 9110 section 8.8.3.3): "42"
// is "42-gzip" in gzip. `etag` is that of the identity, with its quotes.
std::string etag_in(std::string_view etag, ContentCoding coding);
// What etag_in() was given, without quotes. `opaque` has none.
std::string_view without_coding(std::string_view opaque);

}  // namespace souk::http
