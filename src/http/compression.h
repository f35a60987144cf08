// Content codings (RFC 9110 section 8.4): which one a client wants, and making them.
//
// Threading: pure functions. Making them takes tens to hundreds of microseconds: off the event
// loop.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace souk::http {

enum class ContentCoding : std::uint8_t { kIdentity, kGzip, kBrotli };

// What stands in Content-Encoding; empty for the identity.
std::string_view coding_name(ContentCoding coding);

// The coding that an Accept-Encoding field prefers by its q-values, Brotli before gzip before none
// among equals (RFC 9110 section 12.5.3). What is not acceptable is not chosen, but for the
// identity where nothing else is: an answer that the client did not want is better than none. A
// member that is not well-formed counts as absent.
ContentCoding preferred_coding(std::string_view accept_encoding);

// Compressed at the level that pays for a body that is sent many times; empty where the result
// would not be smaller.
std::string to_gzip(std::string_view bytes);    // RFC 1952
std::string to_brotli(std::string_view bytes);  // RFC 7932

}  // namespace souk::http
