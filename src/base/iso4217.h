// The currencies in use and the digits of their minor units: ISO 4217 list one of 2026-01-01,
// without its funds, metals, units of account, XTS and XXX. Currencies withdrawn in the two years
// before (ANG, BGN) are included, so that a shop can migrate to their successors. Threading: pure
// functions.
#pragma once

#include <optional>
#include <string_view>

namespace souk {

// Nothing when it is not the code of a currency in use.
std::optional<int> iso4217_digits(std::string_view code);

}  // namespace souk
