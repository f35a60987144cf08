#include "http/accept.h"

#include <gtest/gtest.h>

namespace souk::http {
namespace {

constexpr std::array<std::string_view, 3> kOffered = {"application/json", "application/x-ndjson",
                                                      "text/csv"};

// The preferred type, or "none".
std::string_view preferred(std::initializer_list<std::string_view> fields) {
  Headers headers;
  for (const auto field : fields) headers.add("accept", field);
  const auto index = preferred_type(headers, kOffered);
  return index ? kOffered.at(*index) : "none";
}

TEST(PreferredType, IsTheFirstWhereAnythingWillDo) {
  EXPECT_EQ(preferred({}), "application/json");
  EXPECT_EQ(preferred({"*/*"}), "application/json");
  EXPECT_EQ(preferred({""}), "application/json");
  EXPECT_EQ(preferred({"application/*, text/csv"}), "application/json");
}

TEST(PreferredType, IsTheOneOfTheHighestQuality) {
  EXPECT_EQ(preferred({"text/csv"}), "text/csv");
  EXPECT_EQ(preferred({"application/json;q=0.5, text/csv;q=0.8"}), "text/csv");
  EXPECT_EQ(preferred({"text/html, text/CSV ; charset=utf-8 ; Q=0.3, */*;q=0.2"}), "text/csv");
  EXPECT_EQ(preferred({"application/json;q=0.1", "application/x-ndjson;q=0.2"}),
            "application/x-ndjson");
}

TEST(PreferredType, TheMostSpecificRangeSaysHowMuchItIsWanted) {
  EXPECT_EQ(preferred({"*/*, application/json;q=0.1"}), "application/x-ndjson");
  EXPECT_EQ(preferred({"application/*;q=0.1, application/x-ndjson;q=0.9, */*;q=0.5"}),
            "application/x-ndjson");
  EXPECT_EQ(preferred({"*/*, application/*;q=0"}), "text/csv");
}

TEST(PreferredType, IsNothingWhereNoneIsAcceptable) {
  EXPECT_EQ(preferred({"text/html"}), "none");
  EXPECT_EQ(preferred({"text/csv;q=0"}), "none");
  EXPECT_EQ(preferred({"*/*;q=0"}), "none");
  EXPECT_EQ(preferred({"text/csvx, xtext/csv, */csv"}), "none");
}

TEST(PreferredType, WhatIsNotWellFormedCountsAsAbsent) {
  EXPECT_EQ(preferred({"text/csv;q=2, text/csv;q=, text/csv;q=0.1234, csv"}), "application/json");
  EXPECT_EQ(preferred({"text/csv;q=x, application/x-ndjson"}), "application/x-ndjson");
}

}  // namespace
}  // namespace souk::http
