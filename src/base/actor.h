// The author of a recorded change.
// Threading: plain values.
#pragma once

#include <cstdint>
#include <optional>

#include "base/enum_names.h"
#include "base/uuid.h"

namespace souk {

enum class ActorKind : std::uint8_t { kCustomer, kAdmin, kSystem, kProvider };
inline constexpr std::array<std::string_view, 4> kActorKindNames = {"customer", "admin", "system",
                                                                    "provider"};

struct Actor {
  ActorKind kind = ActorKind::kSystem;
  std::optional<Uuid> id = {};  // the user's, if it is a user
};

}  // namespace souk
