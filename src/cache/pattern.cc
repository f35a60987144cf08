#include "cache/pattern.h"

#include <cstddef>
#include <utility>

namespace souk::cache {
namespace {

// Matches one element of the pattern at `at` against `c`; moves `at` behind it.
class Element {
 public:
  Element(std::string_view pattern, std::size_t at) : pattern_(pattern), at_(at) {}

  bool accepts(char c) {
    const char first = pattern_[at_++];
    if (first == '?') return true;
    if (first == '[') return set_has(c);
    if (first == '\\' && at_ < pattern_.size()) return pattern_[at_++] == c;
    return first == c;
  }
  std::size_t end() const { return at_; }

 private:
  char take() {
    if (pattern_[at_] == '\\' && at_ + 1 < pattern_.size()) ++at_;
    return pattern_[at_++];
  }
  // For [...]; an unclosed set ends with the pattern, as in Redis.
  bool set_has(char c) {
    const bool inverted = at_ < pattern_.size() && pattern_[at_] == '^';
    if (inverted) ++at_;
    bool found = false;
    while (at_ < pattern_.size() && pattern_[at_] != ']') {
      auto low = take();
      auto high = low;
      if (at_ + 1 < pattern_.size() && pattern_[at_] == '-' && pattern_[at_ + 1] != ']') {
        ++at_;
        high = take();
        if (low > high) std::swap(low, high);
      }
      found = found || (low <= c && c <= high);
    }
    if (at_ < pattern_.size()) ++at_;
    return found != inverted;
  }

  std::string_view pattern_;
  std::size_t at_;
};

}  // namespace

// Backtracking to the last star is sufficient.
bool matches(std::string_view pattern, std::string_view text) {
  constexpr auto kNone = std::string_view::npos;
  std::size_t at = 0;
  std::size_t star = kNone;   // behind the last star
  std::size_t star_text = 0;  // where the text after it is tried
  for (std::size_t i = 0; i < text.size() || at < pattern.size();) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = ++at;
      star_text = i;
      continue;
    }
    if (at < pattern.size() && i < text.size()) {
      Element element(pattern, at);
      if (element.accepts(text[i])) {
        at = element.end();
        ++i;
        continue;
      }
    }
    if (star == kNone || star_text >= text.size()) return false;
    at = star;
    i = ++star_text;
  }
  return true;
}

}  // namespace souk::cache
