#include "loadtest/shop_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace souk::loadtest {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(ShopFacts, AreReadFromTheShopsAnswer) {
  const auto facts =
      parse_shop_facts(R"({"version":"1.2.3","commit":"abc","buildType":"Release","workers":2,)"
                       R"("settings":{"http.port":"0","redis.url":"[redacted]"}})");
  ASSERT_TRUE(facts.has_value());
  EXPECT_EQ(facts->version, "1.2.3");
  EXPECT_EQ(facts->commit, "abc");
  EXPECT_EQ(facts->build_type, "Release");
  EXPECT_EQ(facts->workers, 2);
  EXPECT_THAT(facts->settings,
              ElementsAre(Pair("http.port", "0"), Pair("redis.url", "[redacted]")));
}

TEST(ShopFacts, AreAbsentWhereTheAnswerIsSomethingElse) {
  EXPECT_FALSE(parse_shop_facts("").has_value());
  EXPECT_FALSE(parse_shop_facts(R"({"version":"1.2.3"})").has_value());
  EXPECT_FALSE(
      parse_shop_facts(R"({"version":"1","commit":"","buildType":"","workers":"2","settings":{}})")
          .has_value());
}

}  // namespace
}  // namespace souk::loadtest
