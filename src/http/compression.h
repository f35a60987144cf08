// Content codings (RFC 9110 section 8.4): choosing one and compressing.
//
// Threading: pure functions. Compressing takes tens to hundreds of microseconds: run it off the
// event loop.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace souk::http {

enum class ContentCoding : std::uint8_t { kIdentity, kGzip, kBrotli };

// The value of Content-Encoding; empty for the identity.
std::string_view coding_name(ContentCoding coding);

// The coding that an Accept-Encoding field prefers by its q-values; among equals Brotli, then gzip,
// then identity (RFC 9110 section 12.5.3). An unacceptable coding is never chosen, except identity
// when nothing else is acceptable: an answer is better than none. A malformed member counts as
// absent.
ContentCoding preferred_coding(std::string_view accept_encoding);

// Compress at a level chosen for bodies that are sent many times. Empty when the result is not
// smaller.
std::string to_gzip(std::string_view bytes);    // RFC 1952
std::string to_brotli(std::string_view bytes);  // RFC 7932

}  // namespace souk::http
