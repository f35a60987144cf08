#include "http/compression.h"

#include <brotli/encode.h>
#include <libdeflate.h>

#include <array>
#include <memory>

#include "http/accept.h"
#include "http/message.h"
#include "http/syntax.h"

namespace souk::http {
namespace {

constexpr int kGzipLevel = 6;
constexpr int kBrotliQuality = 5;

struct Preference {
  std::string_view coding;
  int quality = 0;  // thousandths
};

Preference read_preference(std::string_view member) {
  const auto semicolon = member.find(';');
  Preference preference{syntax::trim(member.substr(0, semicolon)), 1000};
  if (semicolon == std::string_view::npos) return preference;
  const auto weight = syntax::trim(member.substr(semicolon + 1));
  if (weight.size() < 2 || (weight[0] | 0x20) != 'q' || weight[1] != '=') return {};
  preference.quality = parse_quality(weight.substr(2));
  return preference.quality < 0 ? Preference{} : preference;
}

struct FreeCompressor {
  void operator()(libdeflate_compressor* compressor) const {
    libdeflate_free_compressor(compressor);
  }
};

}  // namespace

std::string_view coding_name(ContentCoding coding) {
  static constexpr std::array<std::string_view, 3> kNames = {"", "gzip", "br"};
  return kNames.at(static_cast<std::size_t>(coding));
}

ContentCoding preferred_coding(std::string_view accept_encoding) {
  if (accept_encoding.empty()) return ContentCoding::kIdentity;
  constexpr int kUnsaid = -1;
  int gzip = kUnsaid;
  int brotli = kUnsaid;
  int identity = kUnsaid;
  int others = kUnsaid;
  syntax::for_each_element(accept_encoding, [&](std::string_view member) {
    const auto [coding, quality] = read_preference(member);
    if (equals_ignoring_case(coding, "br")) brotli = quality;
    if (equals_ignoring_case(coding, "gzip") || equals_ignoring_case(coding, "x-gzip")) {
      gzip = quality;
    }
    if (equals_ignoring_case(coding, "identity")) identity = quality;
    if (coding == "*") others = quality;
  });
  const auto or_others = [&](int said, int otherwise) {
    if (said != kUnsaid) return said;
    return others != kUnsaid ? others : otherwise;
  };
  gzip = or_others(gzip, 0);
  brotli = or_others(brotli, 0);
  // Acceptable unless refused explicitly, and ranked below every coding that is asked for.
  identity = or_others(identity, 1);
  if (brotli > 0 && brotli >= gzip && brotli >= identity) return ContentCoding::kBrotli;
  if (gzip > 0 && gzip >= identity) return ContentCoding::kGzip;
  return ContentCoding::kIdentity;
}

std::string to_gzip(std::string_view bytes) {
  const std::unique_ptr<libdeflate_compressor, FreeCompressor> compressor(
      libdeflate_alloc_compressor(kGzipLevel));
  std::string out(bytes.size(), '\0');
  // 0 when the result does not fit, that is, when it is not smaller.
  out.resize(libdeflate_gzip_compress(compressor.get(), bytes.data(), bytes.size(), out.data(),
                                      out.size()));
  return out;
}

std::string to_brotli(std::string_view bytes) {
  std::string out(bytes.size(), '\0');
  std::size_t size = out.size();
  const auto done =
      ::BrotliEncoderCompress(kBrotliQuality, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_TEXT, bytes.size(),
                              reinterpret_cast<const std::uint8_t*>(bytes.data()), &size,
                              reinterpret_cast<std::uint8_t*>(out.data()));
  out.resize(done == BROTLI_TRUE && size < bytes.size() ? size : 0);
  return out;
}

}  // namespace souk::http
