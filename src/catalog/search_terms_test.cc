#include "catalog/search_terms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace souk::catalog {
namespace {

using testing::ElementsAre;

constexpr auto kOr = SearchTerms::kAlternative;
constexpr auto kNot = SearchTerms::kExcluded;
constexpr auto kQuoted = SearchTerms::kQuoted;
constexpr auto kBeginning = SearchTerms::kBeginning;

void expect(std::string_view typed, const std::vector<std::string>& texts,
            const std::vector<std::int32_t>& kinds) {
  const auto terms = search_terms(typed);
  EXPECT_EQ(terms.texts, texts) << typed;
  EXPECT_EQ(terms.kinds, kinds) << typed;
  EXPECT_FALSE(terms.cut);
}

TEST(SearchTerms, OnlyTheLastWordMayBeTheBeginningOfAnother) {
  expect("red iPho", {"red", "iPho"}, {0, kBeginning});
  expect("red iPho ", {"red", "iPho"}, {0, 0});
  expect("red \"iPho\"", {"red", "iPho"}, {0, kQuoted});
  expect("red -iPho", {"red", "iPho"}, {0, kNot});
  expect("red i", {"red", "i"}, {0, 0});
}

TEST(SearchTerms, ADashBetweenSpacesExcludesNothing) {
  expect("lamp - red ", {"lamp", "-", "red"}, {0, 0, 0});
  expect("lamp -red ", {"lamp", "red"}, {0, kNot});
  expect("lamp -- red-blue ", {"lamp", "--", "red-blue"}, {0, 0, 0});
  expect("lamp -\u00A0red ", {"lamp", "-", "red"}, {0, 0, 0});
  expect("lamp -\"dark red\" ", {"lamp", "dark red"}, {0, kNot | kQuoted});
}

TEST(SearchTerms, OrBeginsAnAlternativeBetweenTwoTerms) {
  expect("red OR \"dark blue\" or x ", {"red", "dark blue", "x"}, {0, kOr | kQuoted, kOr});
  expect("or red or ", {"red"}, {0});
  expect("red or or blue ", {"red", "blue"}, {0, kOr});
  expect("\"or\" red -or ", {"or", "red", "or"}, {kQuoted, 0, kNot});
}

TEST(SearchTerms, QuotesNeedNoEndAndNoSpaceBeforeThem) {
  expect("red\"dark blue", {"red", "dark blue"}, {0, kQuoted});
  expect("\"\"", {""}, {kQuoted});
  expect("-\"", {""}, {kNot | kQuoted});
  expect("", {}, {});
}

TEST(SearchTerms, SpacesOfOtherScriptsSeparateWords) {
  expect("赤い\u3000傘 ", {"赤い", "傘"}, {0, 0});
}

TEST(SearchTerms, NoMoreThanSixteenAreRead) {
  std::string typed;
  for (int n = 0; n < 17; ++n) typed += "word ";
  const auto terms = search_terms(typed);
  EXPECT_EQ(terms.texts.size(), 16u);
  EXPECT_TRUE(terms.cut);
}

}  // namespace
}  // namespace souk::catalog
