#include "http/coding/compress.h"

#include <brotli/decode.h>
#include <gtest/gtest.h>
#include <libdeflate.h>
#include <zstd.h>

#include "base/random.h"

namespace souk::http {
namespace {

constexpr CodingLevels kFast{.gzip = 1, .brotli = 1, .zstd = 1};
constexpr CodingLevels kBest{.gzip = 12, .brotli = 11, .zstd = 19};
constexpr std::array kCompressed = {ContentCoding::kGzip, ContentCoding::kBrotli,
                                    ContentCoding::kZstd};

std::string sample_json() {
  std::string text = "[";
  for (int i = 0; i < 200; ++i) text += R"({"id":)" + std::to_string(i) + R"(,"name":"Lamp"},)";
  return text + "{}]";
}

// By the libraries themselves.
std::string decompress(std::string_view packed, ContentCoding coding, std::size_t room) {
  std::string text(room, '\0');
  std::size_t size = room;
  if (coding == ContentCoding::kGzip) {
    auto* const decompressor = libdeflate_alloc_decompressor();
    EXPECT_EQ(libdeflate_gzip_decompress(decompressor, packed.data(), packed.size(), text.data(),
                                         text.size(), &size),
              LIBDEFLATE_SUCCESS);
    libdeflate_free_decompressor(decompressor);
  } else if (coding == ContentCoding::kBrotli) {
    EXPECT_EQ(::BrotliDecoderDecompress(packed.size(),
                                        reinterpret_cast<const std::uint8_t*>(packed.data()), &size,
                                        reinterpret_cast<std::uint8_t*>(text.data())),
              BROTLI_DECODER_RESULT_SUCCESS);
  } else {
    size = ::ZSTD_decompress(text.data(), text.size(), packed.data(), packed.size());
    EXPECT_EQ(::ZSTD_isError(size), 0u) << ::ZSTD_getErrorName(size);
  }
  return text.substr(0, size);
}

TEST(Compress, EveryCodingComesBackTheSame) {
  const auto text = sample_json();
  for (const auto coding : kCompressed) {
    for (const auto& levels : {kFast, kBest}) {
      const auto packed = compress(text, coding, levels);
      ASSERT_FALSE(packed.empty()) << coding_name(coding);
      EXPECT_LT(packed.size(), text.size() / 4) << coding_name(coding);
      EXPECT_EQ(decompress(packed, coding, text.size() + 1), text) << coding_name(coding);
    }
  }
}

TEST(Compress, WhatDoesNotGetSmallerIsNotMade) {
  SeededRandom random(1);
  std::string noise(1'000, '\0');
  random.fill({reinterpret_cast<std::uint8_t*>(noise.data()), noise.size()});
  for (const auto coding : kCompressed) {
    EXPECT_EQ(compress(noise, coding, kBest), "") << coding_name(coding);
    EXPECT_EQ(compress("", coding, kBest), "") << coding_name(coding);
  }
}

}  // namespace
}  // namespace souk::http
