// Names for who may call an operation.
// Threading: constants.
#pragma once

#include "http/message.h"

namespace souk::api {

inline constexpr auto kPublic = http::Access::kEverybody;
inline constexpr auto kUser = http::Access{1};
inline constexpr auto kAdmin = http::Access{2};

}  // namespace souk::api
