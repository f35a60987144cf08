// Single-line text for people: names, labels, parts of an address. Characters are classified by the
// Unicode database (utf8proc). Threading: pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace souk {

// Whether it is UTF-8 without control characters, line or paragraph separators, and the characters
// that embed, override or isolate a direction (UAX #9), which reorder the text beside them. Marks
// and joiners that scripts and emoji need are allowed.
bool is_line(std::string_view text);

// Whether any character is visible: spaces, format characters, fillers, and marks without a letter
// are not. REQUIRES: UTF-8.
bool is_visible(std::string_view text);

// Whether it is in normal form C (UAX #15), in which equal text is equal bytes. REQUIRES: UTF-8.
bool is_nfc(std::string_view text);

// Why it is not a valid name or label of `least` to `most` code points; nothing when it is valid.
// With a `least` of 0 it may be empty.
std::optional<std::string> line_problem(std::string_view text, std::size_t least, std::size_t most);

// For use within a larger text: characters that is_line() refuses become spaces, and right-to-left
// text is isolated (U+2068, U+2069), so that the text after it keeps its order. REQUIRES: UTF-8.
std::string one_line(std::string_view text);

}  // namespace souk
