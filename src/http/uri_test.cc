#include "http/uri.h"

#include <gtest/gtest.h>

namespace souk::http {
namespace {

TEST(PercentDecode, TakesWhatIsEncodedAndLeavesTheRest) {
  EXPECT_EQ(percent_decode("caf%C3%A9%20au+lait"), "caf\xC3\xA9 au+lait");
  EXPECT_EQ(percent_decode("a+b", true), "a b");
}

TEST(PercentDecode, RefusesWhatIsCutOffNotHexadecimalNotUtf8OrNul) {
  for (const auto* text : {"%", "%4", "a%4", "%zz", "%-1", "%FF", "%C3", "%00", "%C0%80"}) {
    EXPECT_FALSE(percent_decode(text)) << text;
  }
}

TEST(PercentEncode, IsUndoneByDecoding) {
  const std::string text = "a b/c?d=\xC3\xA9~-._";
  EXPECT_EQ(percent_encode(text), "a%20b%2Fc%3Fd%3D%C3%A9~-._");
  EXPECT_EQ(percent_decode(percent_encode(text)), text);
}

TEST(QueryParameters, AreDecodedByName) {
  const auto query = QueryParameters::parse("q=red+shoes&min%20price=100&flag&empty=");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->find("q"), "red shoes");
  EXPECT_EQ(query->find("min price"), "100");
  EXPECT_EQ(query->find("flag"), "");
  EXPECT_EQ(query->find("empty"), "");
  EXPECT_EQ(query->find("other"), std::nullopt);
}

TEST(QueryParameters, AnEmptyQueryHasNone) {
  EXPECT_EQ(QueryParameters::parse("")->size(), 0u);
  EXPECT_EQ(QueryParameters::parse("&&")->size(), 0u);
}

TEST(QueryParameters, RefuseARepeatedNameAndSayWhich) {
  const auto query = QueryParameters::parse("q=1&%71=2");
  ASSERT_FALSE(query);
  EXPECT_EQ(query.error().code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(query.error().fields.at(0).pointer, "q");
}

TEST(QueryParameters, RefuseWhatIsNotEncodedProperly) {
  for (const auto* text : {"q=%", "%=1", "q=%FF", "=1", "q=%00"}) {
    EXPECT_FALSE(QueryParameters::parse(text)) << text;
  }
}

TEST(QueryParameters, RefuseMoreThanTheLimit) {
  std::string query;
  for (std::size_t i = 0; i <= kMaxQueryParameters; ++i) query += std::to_string(i) + "=x&";
  EXPECT_FALSE(QueryParameters::parse(query));
}

TEST(QueryParameters, NameTheFirstThatIsNotKnown) {
  const auto query = QueryParameters::parse("q=1&colour=red");
  constexpr std::array<std::string_view, 1> kKnown = {"q"};
  const auto checked = query->require_known(kKnown);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().fields.at(0).pointer, "colour");
}

}  // namespace
}  // namespace souk::http
