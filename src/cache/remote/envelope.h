// The form of an entry in Redis: its value, compact and binary, with a format version and a MAC
// (secret.h). Without its renderings: each node makes those it needs, and the JSON may change
// without making values foreign. Anything not exactly of this format and key is a miss.
//
//   0  "SK", format version, flags      4  version     12  position    20  fence
//   28  epoch                           36  made at, microseconds
//   44  tags, the shape of the value's type, the value (codec.h), at the end the MAC of all of it
//
// Integers are big-endian; the scripts of redis_level compare those from 4 to 36.
//
// Threading: pure functions.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/entry.h"
#include "redis/secret.h"

namespace souk::cache {

inline constexpr std::uint8_t kEnvelopeFormat = 4;
inline constexpr std::uint8_t kAbsentFlag = 1;
// Has no value: it only prevents older ones from being stored.
inline constexpr std::uint8_t kTombstoneFlag = 2;

// REQUIRES: a kind that has values. `fence` is that of the lease it was loaded under; 0: none.
std::string seal(const redis::Secret& secret, const Entry& entry, std::uint64_t fence);
// `by` is the transaction that changed the row to `version`. Not authenticated, since it carries no
// value: a forged one costs a load.
std::string seal_tombstone(std::int64_t version, Position by, Epoch epoch);

struct Opened {
  bool authentic = false;  // otherwise only its epoch may be used
  bool absent = false;
  std::int64_t version = 0;
  Position position = 0;
  Epoch epoch = 0;
  Timestamp made_at = {};
  std::vector<TagHash> tags = {};
  std::string_view value = {};  // a view into the opened bytes
};
// Nothing for a tombstone and for foreign bytes.
std::optional<Opened> open(const redis::Secret& secret, std::string_view key,
                           std::string_view bytes);
// The entry, without this node's times. Null for a value of another type.
std::shared_ptr<Entry> decode(const Kind& kind, std::string_view key, Opened opened);

}  // namespace souk::cache
