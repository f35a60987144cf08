#include "http/compression.h"

#include <brotli/decode.h>
#include <gtest/gtest.h>
#include <libdeflate.h>

#include "base/random.h"

namespace souk::http {
namespace {

constexpr auto kIdentity = ContentCoding::kIdentity;
constexpr auto kGzip = ContentCoding::kGzip;
constexpr auto kBrotli = ContentCoding::kBrotli;

TEST(PreferredCoding, BrotliBeforeGzipBeforeNone) {
  EXPECT_EQ(preferred_coding(""), kIdentity);
  EXPECT_EQ(preferred_coding("gzip, deflate, br, zstd"), kBrotli);
  EXPECT_EQ(preferred_coding("gzip, deflate"), kGzip);
  EXPECT_EQ(preferred_coding("GZIP"), kGzip);
  EXPECT_EQ(preferred_coding("x-gzip"), kGzip);
  EXPECT_EQ(preferred_coding("deflate, zstd"), kIdentity);
}

TEST(PreferredCoding, QualitiesAreHonoured) {
  EXPECT_EQ(preferred_coding("br;q=0.5, gzip;q=0.8"), kGzip);
  EXPECT_EQ(preferred_coding("br;q=0.8, gzip;q=0.8"), kBrotli);
  EXPECT_EQ(preferred_coding("br;q=0, gzip"), kGzip);
  EXPECT_EQ(preferred_coding("br;q=0.001"), kBrotli);
  EXPECT_EQ(preferred_coding("gzip;q=0.5, identity"), kIdentity);
  EXPECT_EQ(preferred_coding("gzip ; Q=1.000 , br ; q=0.999"), kGzip);
}

TEST(PreferredCoding, AStarIsWhateverIsNotNamed) {
  EXPECT_EQ(preferred_coding("*"), kBrotli);
  EXPECT_EQ(preferred_coding("*, br;q=0"), kGzip);
  EXPECT_EQ(preferred_coding("*;q=0, gzip"), kGzip);
  EXPECT_EQ(preferred_coding("*;q=0"), kIdentity) << "better than no answer";
  EXPECT_EQ(preferred_coding("identity;q=0"), kIdentity);
}

TEST(PreferredCoding, WhatIsNotWellFormedCountsAsAbsent) {
  for (const auto* const field : {"br;q=2", "br;q=-1", "br;q=0.1234", "br;q=", "br;quality=1",
                                  "br;q=1.5", "br;q=a", ";q=1", ",,", "b r"}) {
    EXPECT_EQ(preferred_coding(field), kIdentity) << field;
  }
}

std::string sample_json() {
  std::string text = "[";
  for (int i = 0; i < 200; ++i) text += R"({"id":)" + std::to_string(i) + R"(,"name":"Lamp"},)";
  return text + "{}]";
}

TEST(Compression, GzipComesBackTheSame) {
  const auto text = sample_json();
  const auto packed = to_gzip(text);
  ASSERT_LT(packed.size(), text.size() / 4);
  std::string back(text.size() + 1, '\0');
  std::size_t size = 0;
  auto* const decompressor = libdeflate_alloc_decompressor();
  EXPECT_EQ(libdeflate_gzip_decompress(decompressor, packed.data(), packed.size(), back.data(),
                                       back.size(), &size),
            LIBDEFLATE_SUCCESS);
  libdeflate_free_decompressor(decompressor);
  EXPECT_EQ(back.substr(0, size), text);
}

TEST(Compression, BrotliComesBackTheSame) {
  const auto text = sample_json();
  const auto packed = to_brotli(text);
  ASSERT_LT(packed.size(), text.size() / 4);
  std::string back(text.size() + 1, '\0');
  std::size_t size = back.size();
  EXPECT_EQ(
      ::BrotliDecoderDecompress(packed.size(), reinterpret_cast<const std::uint8_t*>(packed.data()),
                                &size, reinterpret_cast<std::uint8_t*>(back.data())),
      BROTLI_DECODER_RESULT_SUCCESS);
  EXPECT_EQ(back.substr(0, size), text);
}

TEST(Compression, WhatDoesNotGetSmallerIsNotMade) {
  SeededRandom random(1);
  std::string noise(1'000, '\0');
  random.fill({reinterpret_cast<std::uint8_t*>(noise.data()), noise.size()});
  EXPECT_EQ(to_gzip(noise), "");
  EXPECT_EQ(to_brotli(noise), "");
  EXPECT_EQ(to_gzip(""), "");
  EXPECT_EQ(to_brotli(""), "");
}

}  // namespace
}  // namespace souk::http
