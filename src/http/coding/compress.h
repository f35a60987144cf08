// Compresses whole bodies.
//
// Threading: pure functions. Ownership: returns new bytes.
#pragma once

#include <string>
#include <string_view>

#include "http/coding/coding.h"
#include "http/coding/config.h"

namespace souk::http {

// Gzip is RFC 1952, br is RFC 7932, zstd is RFC 8878. Empty when the result is not smaller.
// REQUIRES: not the identity.
std::string compress(std::string_view bytes, ContentCoding coding, const CodingLevels& levels);

}  // namespace souk::http
