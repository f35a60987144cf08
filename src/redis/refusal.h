// What a Redis that answers refuses for: a state an operator can act on.
// Threading: plain values.
#pragma once

#include <cstdint>
#include <string_view>

namespace souk::redis {

enum class Refusal : std::uint8_t {
  kNone,
  kReadOnly,   // a replica
  kFull,       // maxmemory is reached and nothing is evicted
  kDenied,     // no password, a wrong one, or a user without the right
  kWrongType,  // a key of ours holds another kind of value
  kOther,
};

// Of an error reply, as in "WRONGTYPE Operation against ..."; one that a script ran into too.
Refusal refusal_of(std::string_view error);
std::string_view name_of(Refusal refusal);  // "none", "read_only", "full", "denied", ...

}  // namespace souk::redis
