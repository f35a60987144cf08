#include "base/text.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "base/utf8.h"

namespace souk {
namespace {

// Unicode's normal form C.
constexpr auto kComposed = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);

// A code point, and its bytes.
struct Character {
  utf8proc_int32_t code;
  std::string_view bytes;
};

// Removes and returns the first character. REQUIRES: UTF-8, not empty.
Character take(std::string_view& text) {
  Character character{0, text.substr(0, std::max<std::size_t>(utf8_sequence_length(text), 1))};
  utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                   static_cast<utf8proc_ssize_t>(character.bytes.size()), &character.code);
  text.remove_prefix(character.bytes.size());
  return character;
}

bool breaks_lines(utf8proc_int32_t code) {
  const auto& property = *utf8proc_get_property(code);
  switch (property.category) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return true;
    default:
      break;
  }
  switch (property.bidi_class) {
    case UTF8PROC_BIDI_CLASS_LRE:
    case UTF8PROC_BIDI_CLASS_RLE:
    case UTF8PROC_BIDI_CLASS_LRO:
    case UTF8PROC_BIDI_CLASS_RLO:
    case UTF8PROC_BIDI_CLASS_PDF:
    case UTF8PROC_BIDI_CLASS_LRI:
    case UTF8PROC_BIDI_CLASS_RLI:
    case UTF8PROC_BIDI_CLASS_FSI:
    case UTF8PROC_BIDI_CLASS_PDI:
      return true;
    default:
      return false;
  }
}

bool is_from_right_to_left(utf8proc_int32_t code) {
  switch (utf8proc_get_property(code)->bidi_class) {
    case UTF8PROC_BIDI_CLASS_R:
    case UTF8PROC_BIDI_CLASS_AL:
    case UTF8PROC_BIDI_CLASS_AN:
      return true;
    default:
      return false;
  }
}

bool can_be_seen(utf8proc_int32_t code) {
  constexpr utf8proc_int32_t kBlankBraille = 0x2800;
  const auto& property = *utf8proc_get_property(code);
  if (property.ignorable || code == kBlankBraille) return false;
  switch (property.category) {
    case UTF8PROC_CATEGORY_CN:  // unassigned
    case UTF8PROC_CATEGORY_CO:  // private use
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
      return false;
    default:
      return true;
  }
}

}  // namespace

bool is_line(std::string_view text) {
  if (!is_utf8(text)) return false;
  while (!text.empty()) {
    if (breaks_lines(take(text).code)) return false;
  }
  return true;
}

bool is_visible(std::string_view text) {
  while (!text.empty()) {
    if (can_be_seen(take(text).code)) return true;
  }
  return false;
}

bool is_nfc(std::string_view text) {
  if (std::ranges::all_of(text, [](char c) { return static_cast<signed char>(c) >= 0; })) {
    return true;  // ASCII
  }
  utf8proc_uint8_t* composed = nullptr;
  const auto size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                 static_cast<utf8proc_ssize_t>(text.size()), &composed, kComposed);
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(composed, &std::free);
  return size >= 0 && text == std::string_view(reinterpret_cast<const char*>(composed),
                                               static_cast<std::size_t>(size));
}

std::optional<std::string> line_problem(std::string_view text, std::size_t least,
                                        std::size_t most) {
  if (!is_line(text)) {
    return "must be a line of text without control characters and without those that turn "
           "directions";
  }
  const auto length = utf8_length(text);
  if (length < least || length > most) {
    return least == 0 ? fmt::format("must have at most {} characters", most)
                      : fmt::format("must have {} to {} characters", least, most);
  }
  if (length > 0 && !is_visible(text)) return "must have a character that can be seen";
  return std::nullopt;
}

std::string one_line(std::string_view text) {
  std::string line;
  bool isolated = false;
  while (!text.empty()) {
    const auto [code, bytes] = take(text);
    line += breaks_lines(code) ? " " : bytes;
    isolated = isolated || is_from_right_to_left(code);
  }
  return isolated ? "\u2068" + line + "\u2069" : line;
}

}  // namespace souk
