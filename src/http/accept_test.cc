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

constexpr auto kIdentity = ContentCoding::kIdentity;
constexpr auto kGzip = ContentCoding::kGzip;
constexpr auto kBrotli = ContentCoding::kBrotli;
constexpr auto kZstd = ContentCoding::kZstd;
constexpr std::array kOfferedCodings = {kBrotli, kZstd, kGzip};

ContentCoding coding_for(std::initializer_list<std::string_view> fields,
                         std::span<const ContentCoding> offered = kOfferedCodings) {
  Headers headers;
  headers.add("accept", "gzip");
  for (const auto field : fields) headers.add("accept-encoding", field);
  return preferred_coding(headers, offered);
}

TEST(PreferredCoding, IsTheFirstOfferedAmongThoseTheClientNames) {
  EXPECT_EQ(coding_for({}), kIdentity);
  EXPECT_EQ(coding_for({""}), kIdentity);
  EXPECT_EQ(coding_for({"gzip, deflate, br, zstd"}), kBrotli);
  EXPECT_EQ(coding_for({"gzip, deflate, zstd"}), kZstd);
  EXPECT_EQ(coding_for({"gzip, deflate"}), kGzip);
  EXPECT_EQ(coding_for({"GZIP"}), kGzip);
  EXPECT_EQ(coding_for({"x-gzip"}), kGzip);
  EXPECT_EQ(coding_for({"deflate, compress"}), kIdentity);
}

TEST(PreferredCoding, IsOneThatIsOffered) {
  const std::array fastest_first = {kZstd, kBrotli, kGzip};
  EXPECT_EQ(coding_for({"gzip, deflate, br, zstd"}, fastest_first), kZstd);
  const std::array only_gzip = {kGzip};
  EXPECT_EQ(coding_for({"gzip;q=0.1, br, zstd"}, only_gzip), kGzip);
  EXPECT_EQ(coding_for({"br, zstd"}, only_gzip), kIdentity);
  EXPECT_EQ(coding_for({"*"}, {}), kIdentity);
}

TEST(PreferredCoding, QualitiesAreHonoured) {
  EXPECT_EQ(coding_for({"br;q=0.5, gzip;q=0.8"}), kGzip);
  EXPECT_EQ(coding_for({"br;q=0.5, zstd;q=0.7, gzip;q=0.6"}), kZstd);
  EXPECT_EQ(coding_for({"br;q=0.8, gzip;q=0.8"}), kBrotli);
  EXPECT_EQ(coding_for({"br;q=0, gzip"}), kGzip);
  EXPECT_EQ(coding_for({"br;q=0.001"}), kBrotli);
  EXPECT_EQ(coding_for({"gzip;q=0.5, identity"}), kIdentity);
  EXPECT_EQ(coding_for({"gzip ; Q=1.000 , br ; q=0.999"}), kGzip);
}

TEST(PreferredCoding, SeveralFieldsAreOneList) {
  EXPECT_EQ(coding_for({"gzip;q=0.5", "zstd"}), kZstd);
  EXPECT_EQ(coding_for({"identity", "gzip;q=0.5"}), kIdentity);
}

TEST(PreferredCoding, AStarIsWhateverIsNotNamed) {
  EXPECT_EQ(coding_for({"*"}), kBrotli);
  EXPECT_EQ(coding_for({"*, br;q=0"}), kZstd);
  EXPECT_EQ(coding_for({"*;q=0, gzip"}), kGzip);
  EXPECT_EQ(coding_for({"*;q=0"}), kIdentity) << "better than no answer";
  EXPECT_EQ(coding_for({"identity;q=0"}), kIdentity);
}

TEST(PreferredCoding, WhatIsNotWellFormedCountsAsAbsent) {
  for (const auto* const field : {"br;q=2", "br;q=-1", "br;q=0.1234", "br;q=", "br;quality=1",
                                  "br;q=1.5", "br;q=a", ";q=1", ",,", "b r"}) {
    EXPECT_EQ(coding_for({field}), kIdentity) << field;
  }
}

}  // namespace
}  // namespace souk::http
