#include "accounts/weak_passwords.h"

#include <algorithm>
#include <string>
#include <utility>

namespace souk::accounts {
namespace {

constexpr std::size_t kMaxAffix = 4;         // characters around a word, of no strength
constexpr std::size_t kMaxRepeatedUnit = 4;  // "abcabcabc"
constexpr std::size_t kLeastPartLength = 4;  // of a name; shorter parts occur in too many words
constexpr std::string_view kShopName = "souk";

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80; }

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower;
}

bool is_common(std::string_view word) {
  const auto list = common_passwords();
  std::size_t begin = 0;
  std::size_t end = list.size();
  while (begin < end) {
    // The line around the middle.
    const auto middle = begin + (end - begin) / 2;
    const auto line_begin = list.substr(0, middle).rfind('\n') + 1;  // npos + 1 is 0
    const auto line_end = list.find('\n', line_begin);
    const auto line = list.substr(line_begin, line_end - line_begin);
    if (line == word) return true;
    if (line < word) {
      begin = line_end + 1;
    } else {
      end = line_begin;
    }
  }
  return false;
}

bool repeats_itself(std::string_view text) {
  for (std::size_t unit = 1; unit <= kMaxRepeatedUnit && unit < text.size(); ++unit) {
    if (text.substr(unit) == text.substr(0, text.size() - unit)) return true;
  }
  return false;
}

// "abcdefgh", "87654321"
bool counts_up_or_down(std::string_view text) {
  const auto steps_by = [text](int step) {
    return std::ranges::adjacent_find(text, [step](char a, char b) { return b - a != step; }) ==
           text.end();
  };
  return steps_by(1) || steps_by(-1);
}

// Without a few digits and symbols around it.
std::string_view core_of(std::string_view text) {
  auto core = text;
  while (!core.empty() && !is_letter(core.front())) core.remove_prefix(1);
  while (!core.empty() && !is_letter(core.back())) core.remove_suffix(1);
  return text.size() - core.size() <= kMaxAffix ? core : text;
}

// Whether it is the text or one of its parts, ignoring separators.
bool is_made_of(std::string_view word, std::string_view text) {
  std::string joined;
  std::string part;
  for (const char c : lower_case(text) + ' ') {
    if (is_letter(c) || (c >= '0' && c <= '9')) {
      part += c;
      continue;
    }
    if (part.size() >= kLeastPartLength && part == word) return true;
    joined += std::exchange(part, {});
  }
  return joined.size() >= kLeastPartLength && joined == word;
}

}  // namespace

std::optional<std::string_view> weakness_of(std::string_view password, std::string_view email,
                                            std::string_view name) {
  const auto lower = lower_case(password);
  if (repeats_itself(lower) || counts_up_or_down(lower)) {
    return "must not be a sequence or a repetition of a few characters";
  }
  const auto core = core_of(lower);
  if (is_common(lower) || is_common(core)) return "must not be one of the most common passwords";
  const auto local_part = email.substr(0, email.rfind('@'));
  for (const std::string_view word : {std::string_view(lower), core}) {
    if (word == lower_case(email) || is_made_of(word, local_part) || is_made_of(word, name) ||
        word == kShopName) {
      return "must not be made from the e-mail address, the name or the shop's name";
    }
  }
  return std::nullopt;
}

}  // namespace souk::accounts
