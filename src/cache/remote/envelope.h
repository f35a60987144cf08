// The form in which an entry travels to Redis and back: compact, binary, with a format version and
// a checksum. What is not exactly that, of this format and under this key, is a miss.
//
//   0  "SK", format version, flags      4  version     12  position    20  fence
//   28  epoch                           36  made at, microseconds      44  checksum
//   52  etag, tags, identity, gzip, brotli, each with its length before it
//
// Integers are big-endian; the scripts of redis_level compare those from 4 to 36.
//
// Threading: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cache/entry.h"

namespace souk::cache {

inline constexpr std::uint8_t kEnvelopeFormat = 2;
inline constexpr std::uint8_t kAbsentFlag = 1;
// Nothing is stored: it only says that what is older must not be.
inline constexpr std::uint8_t kTombstoneFlag = 2;

// `fence` is that of the lease it was loaded under; 0: of none.
std::string seal(const Entry& entry, std::uint64_t fence);
// `by` is the transaction that changed the row to `version`.
std::string seal_tombstone(std::string_view key, std::int64_t version, Position by, Epoch epoch);

// The entry, without the times of this node. Nothing for a tombstone and for whatever is not ours.
std::optional<Entry> open(std::string_view key, std::string_view bytes);

}  // namespace souk::cache
