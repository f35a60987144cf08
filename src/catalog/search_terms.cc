#include "catalog/search_terms.h"

#include <algorithm>

#include "base/utf8.h"

namespace souk::catalog {
namespace {

// Length in bytes of the space at the front; 0 if there is none. Of those beyond ASCII, the ones
// that keyboards have: no-break and ideographic.
std::size_t space_length(std::string_view text) {
  constexpr std::string_view kAscii = " \t\n\v\f\r";
  if (text.empty()) return 0;
  if (kAscii.contains(text.front())) return 1;
  for (const std::string_view space : {"\u00A0", "\u202F", "\u3000"}) {
    if (text.starts_with(space)) return space.size();
  }
  return 0;
}

// Up to a space, a quotation mark or the end.
std::string_view word_at_front(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && text[end] != '"' && space_length(text.substr(end)) == 0) ++end;
  return text.substr(0, end);
}

bool is_or(std::string_view word) {
  return word.size() == 2 && (word[0] | 0x20) == 'o' && (word[1] | 0x20) == 'r';
}

bool excludes(std::string_view text) {
  return text.size() > 1 && text[0] == '-' && text[1] != '-' && space_length(text.substr(1)) == 0;
}

}  // namespace

SearchTerms search_terms(std::string_view typed) {
  SearchTerms terms;
  bool alternative = false;
  while (!typed.empty()) {
    if (const auto space = space_length(typed); space > 0) {
      typed.remove_prefix(space);
      continue;
    }
    std::int32_t kind = alternative && !terms.texts.empty() ? SearchTerms::kAlternative : 0;
    if (excludes(typed)) {
      kind |= SearchTerms::kExcluded;
      typed.remove_prefix(1);
    }
    std::string_view text;
    if (typed.front() == '"') {
      typed.remove_prefix(1);
      kind |= SearchTerms::kQuoted;
      text = typed.substr(0, typed.find('"'));
      typed.remove_prefix(std::min(text.size() + 1, typed.size()));
    } else {
      text = word_at_front(typed);
      typed.remove_prefix(text.size());
      const bool last = typed.empty() && (kind & SearchTerms::kExcluded) == 0;
      if (last && utf8_length(text) > 1) kind |= SearchTerms::kBeginning;
    }
    if ((kind & ~SearchTerms::kAlternative) == 0 && is_or(text)) {
      alternative = true;
      continue;
    }
    alternative = false;
    if (terms.texts.size() == kMaxSearchTerms) {
      terms.cut = true;
      break;
    }
    terms.texts.emplace_back(text);
    terms.kinds.push_back(kind);
  }
  return terms;
}

}  // namespace souk::catalog
