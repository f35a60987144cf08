#include "http/coding/compress.h"

#include <brotli/encode.h>
#include <libdeflate.h>
#include <zstd.h>

#include <algorithm>
#include <bit>
#include <memory>

#include "base/assert.h"

namespace souk::http {
namespace {

struct FreeCompressor {
  void operator()(libdeflate_compressor* compressor) const {
    libdeflate_free_compressor(compressor);
  }
};

// Each returns the size of the result; 0 when it does not fit, that is, when it is not smaller.

std::size_t to_gzip(std::string_view bytes, std::string& out, int level) {
  const std::unique_ptr<libdeflate_compressor, FreeCompressor> compressor(
      libdeflate_alloc_compressor(level));
  return libdeflate_gzip_compress(compressor.get(), bytes.data(), bytes.size(), out.data(),
                                  out.size());
}

std::size_t to_brotli(std::string_view bytes, std::string& out, int quality) {
  // No larger window than the body: its tables are initialised each time, which at high qualities
  // takes longer than compressing a page.
  const auto window = std::clamp(static_cast<int>(std::bit_width(bytes.size())),
                                 BROTLI_MIN_WINDOW_BITS, BROTLI_DEFAULT_WINDOW);
  std::size_t size = out.size();
  const auto done = ::BrotliEncoderCompress(quality, window, BROTLI_MODE_TEXT, bytes.size(),
                                            reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                            &size, reinterpret_cast<std::uint8_t*>(out.data()));
  return done == BROTLI_TRUE ? size : 0;
}

std::size_t to_zstd(std::string_view bytes, std::string& out, int level) {
  const auto size = ::ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), level);
  return ::ZSTD_isError(size) != 0 ? 0 : size;
}

std::size_t compress_into(std::string& out, std::string_view bytes, ContentCoding coding,
                          const CodingLevels& levels) {
  switch (coding) {
    case ContentCoding::kGzip:
      return to_gzip(bytes, out, levels.gzip);
    case ContentCoding::kBrotli:
      return to_brotli(bytes, out, levels.brotli);
    case ContentCoding::kZstd:
      return to_zstd(bytes, out, levels.zstd);
    case ContentCoding::kIdentity:
      break;
  }
  SOUK_ASSERT(!"a coding that compresses");
  return 0;
}

}  // namespace

std::string compress(std::string_view bytes, ContentCoding coding, const CodingLevels& levels) {
  std::string out(bytes.size(), '\0');
  const auto size = compress_into(out, bytes, coding, levels);
  out.resize(size < bytes.size() ? size : 0);
  return out;
}

}  // namespace souk::http
