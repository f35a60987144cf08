// The vocabulary of demo data. Plain ASCII where it ends up in slugs and e-mail addresses; cities
// and descriptions have other letters too, as real data does.
// Threading: constants.
#pragma once

#include <array>
#include <span>
#include <string_view>

namespace souk::seed::words {

struct Group {
  std::string_view plural;    // the category, "Coffee Grinders"
  std::string_view singular;  // in product names, "Coffee Grinder"
  double median_price;        // in whole units of the currency
};

struct Department {
  std::string_view name;
  std::array<Group, 6> groups;
  std::array<std::string_view, 6> materials;
};

inline constexpr std::size_t kRangesPerGroup = 4;
using Ranges = std::array<std::string_view, kRangesPerGroup>;  // the third level, "Compact ..."

std::span<const Department> departments();
const Ranges& ranges();

std::span<const std::string_view> brands();
std::span<const std::string_view> series();
// Sentences with {brand}, {series}, {material} and {thing} as placeholders. A description has one
// of each kind, in this order.
std::span<const std::string_view> openings();
std::span<const std::string_view> qualities();
std::span<const std::string_view> uses();
std::span<const std::string_view> closings();

struct City {
  std::string_view name;
  std::string_view postal_code;
  std::string_view country;
};

std::span<const std::string_view> first_names();
std::span<const std::string_view> last_names();
std::span<const std::string_view> streets();
std::span<const City> cities();

}  // namespace souk::seed::words
