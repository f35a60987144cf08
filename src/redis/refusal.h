// Why a reachable Redis refuses commands: a state that an operator can fix.
// Threading: plain values.
#pragma once

#include <cstdint>
#include <string_view>

namespace souk::redis {

enum class Refusal : std::uint8_t {
  kNone,
  kReadOnly,   // a replica
  kFull,       // maxmemory reached, no eviction
  kDenied,     // no password, a wrong one, or a user without the right
  kWrongType,  // a key has a value of another type
  kOther,
};

// The refusal of an error reply, e.g. "WRONGTYPE Operation against ..."; also for errors within a
// script.
Refusal refusal_of(std::string_view error);
std::string_view name_of(Refusal refusal);  // "none", "read_only", "full", "denied", ...

}  // namespace souk::redis
