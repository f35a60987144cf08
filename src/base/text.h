// Texts that people read in one line: names, labels, parts of an address. What a character is, is
// said by the Unicode database (utf8proc). Threading: pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace souk {

// Whether it is UTF-8 that stays in its line and its place: no control characters, no ends of lines
// or paragraphs, and none of the characters that embed, override or isolate a direction (UAX #9),
// which reorder what stands beside them. Marks and joiners that scripts and emoji need are fine.
bool is_line(std::string_view text);

// Whether anything of it can be seen: spaces, format characters, fillers, and marks without a
// letter cannot. REQUIRES: UTF-8.
bool is_visible(std::string_view text);

// Why it is no name, label or the like of `least` to `most` code points; nothing where it is one.
// Where `least` is 0 it may be empty.
std::optional<std::string> line_problem(std::string_view text, std::size_t least, std::size_t most);

// For a line of a text that others write too: what is_line() refuses becomes a space, and text from
// right to left is isolated (U+2068, U+2069), so that what follows it stays in its order. REQUIRES:
// UTF-8.
std::string one_line(std::string_view text);

}  // namespace souk
