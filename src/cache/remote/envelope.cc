#include "cache/remote/envelope.h"

#include <bit>
#include <cstring>

#include "base/buffer.h"

namespace souk::cache {
namespace {

constexpr std::string_view kMagic = "SK";
constexpr std::size_t kChecksumAt = 44;
constexpr std::size_t kHeaderBytes = 52;

class Writer {
 public:
  template <class T>
  void integer(T number) {
    number = std::byteswap(number);
    bytes_.append(reinterpret_cast<const char*>(&number), sizeof(number));
  }
  void byte(std::uint8_t value) { bytes_ += static_cast<char>(value); }
  void raw(std::string_view text) { bytes_ += text; }
  void text(std::string_view text) {
    integer(static_cast<std::uint32_t>(text.size()));
    raw(text);
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// Yields zeros and empty texts once it has run over the end.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  template <class T>
  T integer() {
    T number{};
    const auto piece = take(sizeof(T));
    if (piece.size() == sizeof(T)) std::memcpy(&number, piece.data(), sizeof(T));
    return std::byteswap(number);
  }
  std::string_view text() { return take(integer<std::uint32_t>()); }
  std::string_view take(std::size_t size) {
    if (size > rest_.size()) {
      failed_ = true;
      rest_ = {};
      return {};
    }
    const auto piece = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return piece;
  }
  std::size_t left() const { return rest_.size(); }
  bool ended_well() const { return !failed_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

// Over everything but itself, and the key: a value under another key is not ours.
std::uint64_t checksum_of(std::string_view key, std::string_view sealed) {
  return hash_of_tag(key) ^ hash_of_tag(sealed.substr(0, kChecksumAt)) ^
         std::rotl(hash_of_tag(sealed.substr(kHeaderBytes)), 1);
}

struct Header {
  std::uint8_t flags = 0;
  std::int64_t version = 0;
  Position position = 0;
  std::uint64_t fence = 0;
  Epoch epoch = 0;
  Timestamp made_at = {};
};

void write(Writer& out, const Header& header) {
  out.raw(kMagic);
  out.byte(kEnvelopeFormat);
  out.byte(header.flags);
  out.integer(static_cast<std::uint64_t>(header.version));
  out.integer(header.position);
  out.integer(header.fence);
  out.integer(header.epoch);
  out.integer(static_cast<std::int64_t>(header.made_at.time_since_epoch().count()));
  out.integer(std::uint64_t{0});  // the checksum comes last
}

std::string with_checksum(std::string_view key, Writer& out) {
  auto bytes = out.take();
  const auto checksum = std::byteswap(checksum_of(key, bytes));
  std::memcpy(bytes.data() + kChecksumAt, &checksum, sizeof(checksum));
  return bytes;
}

}  // namespace

std::string seal(const Entry& entry, std::uint64_t fence) {
  Writer out;
  write(out, {.flags = entry.absent ? kAbsentFlag : std::uint8_t{0},
              .version = entry.version,
              .position = entry.position,
              .fence = fence,
              .epoch = entry.epoch,
              .made_at = entry.made_at});
  out.text(entry.etag);
  out.integer(static_cast<std::uint32_t>(entry.tags.size()));
  for (const auto tag : entry.tags) out.integer(tag);
  out.text(entry.content.identity);
  out.text(entry.content.gzip);
  out.text(entry.content.brotli);
  return with_checksum(entry.key, out);
}

std::string seal_tombstone(std::string_view key, std::int64_t version, Position by, Epoch epoch) {
  Writer out;
  write(out, {.flags = kTombstoneFlag, .version = version, .position = by + 1, .epoch = epoch});
  return with_checksum(key, out);
}

std::optional<Entry> open(std::string_view key, std::string_view bytes) {
  if (bytes.size() < kHeaderBytes || !bytes.starts_with(kMagic)) return std::nullopt;
  Reader in(bytes.substr(kMagic.size()));
  const auto format = in.integer<std::uint8_t>();
  const auto flags = in.integer<std::uint8_t>();
  if (format != kEnvelopeFormat || (flags & ~kAbsentFlag) != 0) return std::nullopt;
  Entry entry;
  entry.key = key;
  entry.absent = (flags & kAbsentFlag) != 0;
  entry.version = static_cast<std::int64_t>(in.integer<std::uint64_t>());
  entry.position = in.integer<Position>();
  in.integer<std::uint64_t>();  // the fence, which only the scripts ask for
  entry.epoch = in.integer<Epoch>();
  entry.made_at = Timestamp(std::chrono::microseconds(in.integer<std::int64_t>()));
  const auto checksum = in.integer<std::uint64_t>();
  if (checksum != checksum_of(key, bytes)) return std::nullopt;
  entry.etag = in.text();
  const auto tags = in.integer<std::uint32_t>();
  if (tags > in.left() / sizeof(TagHash)) return std::nullopt;
  for (std::uint32_t i = 0; i < tags; ++i) entry.tags.push_back(in.integer<TagHash>());
  entry.content.identity = in.text();
  entry.content.gzip = in.text();
  entry.content.brotli = in.text();
  if (!in.ended_well()) return std::nullopt;
  return entry;
}

}  // namespace souk::cache
