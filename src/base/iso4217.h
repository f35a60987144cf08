// The currencies that are in use, and how many digits their minor units have: ISO 4217 list one of
// 2026-01-01, without its funds, metals, units of account, XTS and XXX. Currencies that were
// withdrawn in the two years before it (ANG, BGN) are still known, so that a shop can be moved to
// their successors. Threading: pure functions.
#pragma once

#include <optional>
#include <string_view>

namespace souk {

// Nothing where it is not the code of a currency in use.
std::optional<int> iso4217_digits(std::string_view code);

}  // namespace souk
