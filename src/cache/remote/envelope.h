// The form in which an entry travels to Redis and back: its value, compact and binary, with a
// format version and a code that authenticates it (secret.h). Not its renderings: each node makes
// those that it is asked for, and what clients see may change its form without a value becoming
// foreign. What is not exactly that, of this format and under this key, is a miss.
//
//   0  "SK", format version, flags      4  version     12  position    20  fence
//   28  epoch                           36  made at, microseconds
//   44  tags, the shape of the value's type, the value (codec.h), at the end the code for all of it
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
#include "cache/secret.h"

namespace souk::cache {

inline constexpr std::uint8_t kEnvelopeFormat = 4;
inline constexpr std::uint8_t kAbsentFlag = 1;
// Nothing is stored: it only says that what is older must not be.
inline constexpr std::uint8_t kTombstoneFlag = 2;

// REQUIRES: a kind whose values can leave this process. `fence` is that of the lease it was loaded
// under; 0: of none.
std::string seal(const Secret& secret, const Entry& entry, std::uint64_t fence);
// `by` is the transaction that changed the row to `version`. Nobody reads it as a value, so it
// needs no authentication: a forged one costs a load.
std::string seal_tombstone(std::int64_t version, Position by, Epoch epoch);

struct Opened {
  bool authentic = false;  // or else only its epoch is to be looked at
  bool absent = false;
  std::int64_t version = 0;
  Position position = 0;
  Epoch epoch = 0;
  Timestamp made_at = {};
  std::vector<TagHash> tags = {};
  std::string_view value = {};  // behind the shape of its type; of the bytes that were opened
};
// Nothing for a tombstone and for whatever is not ours.
std::optional<Opened> open(const Secret& secret, std::string_view key, std::string_view bytes);
// The entry, without the times of this node. Null for a value of another type.
std::shared_ptr<Entry> decode(const Kind& kind, std::string_view key, Opened opened);

}  // namespace souk::cache
