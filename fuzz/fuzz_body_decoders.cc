// Decoders of request bodies: for any input, split anywhere, they yield the same bytes and the same
// verdict, no more than was asked for, and make progress.
#include <string>

#include "base/assert.h"
#include "http/coding/decoder.h"
#include "pieces.h"

namespace souk::http {
namespace {

using Status = Decoder::Status;

constexpr std::size_t kMaxBytes = 256 * 1024;

struct Decoded {
  Status status = Status::kNeedsMore;
  std::string text;
  std::size_t taken = 0;  // bytes of the input
  friend bool operator==(const Decoded&, const Decoded&) = default;
};

Decoded decode(ContentCoding coding, std::string_view wire, std::size_t largest_piece,
               std::size_t room) {
  const auto decoder = Decoder::make(coding);
  Decoded result;
  fuzz::feed_in_pieces(wire, largest_piece, [&](std::string_view piece) {
    const auto size = piece.size();
    do {
      Buffer out;
      result.status = decoder->decode(piece, out, room);
      SOUK_ASSERT(out.size() <= room);
      result.text += out.view();
    } while (result.status == Status::kIsFull && result.text.size() < kMaxBytes);
    SOUK_ASSERT(result.status != Status::kNeedsMore || piece.empty());
    result.taken += size - piece.size();
    return result.status == Status::kNeedsMore;
  });
  // How much comes before an error depends on the pieces.
  if (result.text.size() >= kMaxBytes || result.status == Status::kInvalid) {
    return {.status = Status::kInvalid};
  }
  return result;
}

// zstd decodes a frame that is there completely by another function, which refuses other corrupt
// frames than the one for pieces does.
bool agree(ContentCoding coding, const Decoded& a, const Decoded& b) {
  const bool one_refuses = a.status == Status::kInvalid || b.status == Status::kInvalid;
  return a == b || (coding == ContentCoding::kZstd && one_refuses);
}

}  // namespace
}  // namespace souk::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace souk::http;
  if (size == 0) return 0;
  const auto coding = static_cast<ContentCoding>(1 + data[0] % 3);
  const std::string_view wire(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = decode(coding, wire, wire.size() + 1, 64 * 1024);
  SOUK_ASSERT(agree(coding, decode(coding, wire, 1, 64 * 1024), whole));
  SOUK_ASSERT(agree(coding, decode(coding, wire, 40, 100), whole));
  return 0;
}
