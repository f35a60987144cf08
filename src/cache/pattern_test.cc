#include "cache/pattern.h"

#include <gtest/gtest.h>

#include <string>

namespace souk::cache {
namespace {

TEST(PatternTest, LiteralsMatchThemselvesAndNothingElse) {
  EXPECT_TRUE(matches("product:1", "product:1"));
  EXPECT_FALSE(matches("product:1", "product:12"));
  EXPECT_FALSE(matches("product:12", "product:1"));
  EXPECT_TRUE(matches("", ""));
  EXPECT_FALSE(matches("", "x"));
}

TEST(PatternTest, StarsMatchAnyTextAlsoNone) {
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("products:category:7*", "products:category:7:page2"));
  EXPECT_TRUE(matches("a*b*c", "a--b-b--c"));
  EXPECT_TRUE(matches("**c", "c"));
  EXPECT_FALSE(matches("a*b*c", "a--c--b"));
  EXPECT_FALSE(matches("a*", "ba"));
}

TEST(PatternTest, SetsRangesAndEscapesAreRedis) {
  EXPECT_TRUE(matches("h?llo", "hello"));
  EXPECT_TRUE(matches("h[ae]llo", "hallo"));
  EXPECT_FALSE(matches("h[ae]llo", "hillo"));
  EXPECT_TRUE(matches("h[^e]llo", "hallo"));
  EXPECT_FALSE(matches("h[^e]llo", "hello"));
  EXPECT_TRUE(matches("h[a-c]llo", "hbllo"));
  EXPECT_TRUE(matches("h[c-a]llo", "hbllo"));
  EXPECT_TRUE(matches("h\\*llo", "h*llo"));
  EXPECT_FALSE(matches("h\\*llo", "hxllo"));
  EXPECT_TRUE(matches("[\\]]", "]"));
  EXPECT_TRUE(matches("x[ab", "xb"));
  EXPECT_TRUE(matches("x\\", "x\\"));
}

TEST(PatternTest, ManyStarsTakeNoTimeToSpeakOf) {
  std::string pattern;
  for (int i = 0; i < 50; ++i) pattern += "a*";
  EXPECT_FALSE(matches(pattern + "b", std::string(10'000, 'a')));
}

}  // namespace
}  // namespace souk::cache
