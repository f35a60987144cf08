// UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing past U+10FFFF.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace souk {

// Length in bytes (1 to 4) of the well-formed sequence at the front; 0 if there is none.
std::size_t utf8_sequence_length(std::string_view text);
bool is_utf8(std::string_view text);
// Number of code points; `text` is well-formed.
std::size_t utf8_length(std::string_view text);
// At most `max` code points of untrusted text, valid for a text column: NUL and bytes that are not
// UTF-8 become U+FFFD.
std::string clean_utf8(std::string_view text, std::size_t max);

}  // namespace souk
