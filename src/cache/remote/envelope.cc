#include "cache/remote/envelope.h"

#include "cache/codec.h"

namespace souk::cache {
namespace {

constexpr std::string_view kMagic = "SK";
constexpr std::size_t kHeaderBytes = 44;

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
  out.integer(kEnvelopeFormat);
  out.integer(header.flags);
  out.integer(static_cast<std::uint64_t>(header.version));
  out.integer(header.position);
  out.integer(header.fence);
  out.integer(header.epoch);
  out.integer(static_cast<std::int64_t>(header.made_at.time_since_epoch().count()));
}

}  // namespace

std::string seal(const redis::Secret& secret, const Entry& entry, std::uint64_t fence) {
  Writer out;
  write(out, {.flags = entry.absent() ? kAbsentFlag : std::uint8_t{0},
              .version = entry.version,
              .position = entry.position,
              .fence = fence,
              .epoch = entry.epoch,
              .made_at = entry.made_at});
  codec::write(out, entry.tags);
  if (!entry.absent()) {
    out.integer(entry.type->shape);
    entry.type->encode(out, entry.value.get());
  }
  auto sealed = out.take();
  const auto mac = redis::mac_of(secret, entry.key, sealed);
  sealed.append(reinterpret_cast<const char*>(mac.data()), mac.size());
  return sealed;
}

std::string seal_tombstone(std::int64_t version, Position by, Epoch epoch) {
  Writer out;
  write(out, {.flags = kTombstoneFlag, .version = version, .position = by + 1, .epoch = epoch});
  return out.take();
}

std::optional<Opened> open(const redis::Secret& secret, std::string_view key,
                           std::string_view bytes) {
  if (bytes.size() < kHeaderBytes + sizeof(redis::Mac) || !bytes.starts_with(kMagic))
    return std::nullopt;
  const auto mac = bytes.substr(bytes.size() - sizeof(redis::Mac));
  bytes.remove_suffix(sizeof(redis::Mac));
  Reader in(bytes.substr(kMagic.size()));
  const auto format = in.integer<std::uint8_t>();
  const auto flags = in.integer<std::uint8_t>();
  if (format != kEnvelopeFormat || (flags & ~kAbsentFlag) != 0) return std::nullopt;
  Opened opened;
  opened.absent = (flags & kAbsentFlag) != 0;
  opened.version = static_cast<std::int64_t>(in.integer<std::uint64_t>());
  opened.position = in.integer<Position>();
  in.integer<std::uint64_t>();  // the fence, used by the scripts only
  opened.epoch = in.integer<Epoch>();
  opened.made_at = Timestamp(std::chrono::microseconds(in.integer<std::int64_t>()));
  opened.authentic = redis::same_mac(redis::mac_of(secret, key, bytes), mac);
  if (!opened.authentic) return opened;
  codec::read(in, opened.tags);
  opened.value = in.rest();
  if (in.failed() || (opened.absent && !opened.value.empty())) return std::nullopt;
  return opened;
}

std::shared_ptr<Entry> decode(const Kind& kind, std::string_view key, Opened opened) {
  auto entry = std::make_shared<Entry>();
  entry->key = key;
  entry->type = kind.type;
  entry->version = opened.version;
  entry->position = opened.position;
  entry->epoch = opened.epoch;
  entry->tags = std::move(opened.tags);
  entry->made_at = opened.made_at;
  entry->topic = kind.topic;
  if (opened.absent) return entry;
  Reader in(opened.value);
  if (in.integer<std::uint32_t>() != kind.type->shape) return nullptr;
  entry->value = kind.type->decode(in.rest());
  return entry->absent() ? nullptr : std::move(entry);
}

}  // namespace souk::cache
