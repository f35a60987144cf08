// Redis' key patterns (KEYS, SCAN): * any text, ? any byte, [abc], [^abc], [a-z] one byte of a set,
// and \ before a literal byte.
// Threading: pure function.
#pragma once

#include <string_view>

namespace souk::cache {

// Compares bytes, case-sensitive. At most pattern * text steps for any pattern.
bool matches(std::string_view pattern, std::string_view text);

}  // namespace souk::cache
