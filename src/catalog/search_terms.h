// What is typed into a search field, as terms: words and "quoted phrases", with `or` between
// alternatives and `-` before what is excluded. A dash between spaces is no word.
// Threading: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace souk::catalog {

inline constexpr std::size_t kMaxSearchTerms = 16;  // what is typed after them is ignored

struct SearchTerms {
  // Bits of `kinds`, as search_query() of migrations/0047_short_beginnings.sql takes them.
  static constexpr std::int32_t kAlternative = 1;  // begins one
  static constexpr std::int32_t kExcluded = 2;
  static constexpr std::int32_t kQuoted = 4;
  static constexpr std::int32_t kBeginning = 8;  // the last word, which may not be complete

  std::vector<std::string> texts;
  std::vector<std::int32_t> kinds;  // one for each text
  bool cut = false;                 // there were more than kMaxSearchTerms
};

// REQUIRES: UTF-8.
SearchTerms search_terms(std::string_view typed);

}  // namespace souk::catalog
