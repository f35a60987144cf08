#include "http/coding/coding.h"

#include <gtest/gtest.h>

namespace souk::http {
namespace {

constexpr auto kIdentity = ContentCoding::kIdentity;
constexpr auto kGzip = ContentCoding::kGzip;
constexpr auto kBrotli = ContentCoding::kBrotli;
constexpr auto kZstd = ContentCoding::kZstd;
TEST(EntityTag, OfEachCodingIsAnotherAndLeadsBackToThePlainOne) {
  EXPECT_EQ(etag_in(R"("42")", kIdentity), R"("42")");
  EXPECT_EQ(etag_in(R"("42")", kGzip), R"("42-gzip")");
  EXPECT_EQ(etag_in(R"("42")", kBrotli), R"("42-br")");
  EXPECT_EQ(etag_in(R"("42")", kZstd), R"("42-zstd")");
  EXPECT_EQ(etag_in(R"(W/"42")", kZstd), R"(W/"42-zstd")");
  EXPECT_EQ(etag_in("", kZstd), "");
  for (const auto* const opaque : {"42", "42-gzip", "42-br", "42-zstd"}) {
    EXPECT_EQ(without_coding(opaque), "42");
  }
  for (const auto* const opaque : {"", "-br", "br", "42-identity", "42gzip", "42-"}) {
    EXPECT_EQ(without_coding(opaque), opaque == std::string_view("-br") ? "" : opaque);
  }
}

}  // namespace
}  // namespace souk::http
