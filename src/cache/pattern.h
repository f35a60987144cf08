// Patterns of keys as Redis' KEYS and SCAN read them: * any text, ? any byte, [abc], [^abc], [a-z]
// one byte of a set, and \ before a byte that means itself.
// Threading: pure function.
#pragma once

#include <string_view>

namespace souk::cache {

// Bytes, with case. Takes at most pattern * text steps, whatever the pattern.
bool matches(std::string_view pattern, std::string_view text);

}  // namespace souk::cache
