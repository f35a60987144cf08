// Character classes of RFC 9110 section 5.6 and RFC 3986, as tables.
// Threading: pure functions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace souk::http::syntax {

namespace detail {

using Table = std::array<bool, 256>;

constexpr Table table_of(std::string_view also) {
  Table table{};
  for (char c = '0'; c <= '9'; ++c) table[static_cast<std::uint8_t>(c)] = true;
  for (char c = 'a'; c <= 'z'; ++c) table[static_cast<std::uint8_t>(c)] = true;
  for (char c = 'A'; c <= 'Z'; ++c) table[static_cast<std::uint8_t>(c)] = true;
  for (const char c : also) table[static_cast<std::uint8_t>(c)] = true;
  return table;
}

inline constexpr Table kToken = table_of("!#$%&'*+-.^_`|~");
inline constexpr Table kUnreserved = table_of("-._~");
// uri-host and port, without user information.
inline constexpr Table kAuthority = table_of("-._~%!$&'()*+,;=:[]");
// The characters of RFC 3986 except '#', and those that browsers send unencoded: \ ^ ` { | }
inline constexpr Table kTarget = table_of("-._~:/?[]@!$&'()*+,;=%\\^`{|}");

constexpr bool all_in(const Table& table, std::string_view text) {
  for (const char c : text) {
    if (!table[static_cast<std::uint8_t>(c)]) return false;
  }
  return true;
}

}  // namespace detail

constexpr bool is_token(std::string_view text) {
  return !text.empty() && detail::all_in(detail::kToken, text);
}
constexpr bool is_target(std::string_view text) { return detail::all_in(detail::kTarget, text); }
constexpr bool is_authority(std::string_view text) {
  return detail::all_in(detail::kAuthority, text);
}
constexpr bool is_unreserved(char c) { return detail::kUnreserved[static_cast<std::uint8_t>(c)]; }

constexpr bool is_space(char c) { return c == ' ' || c == '\t'; }

// Removes optional white space at both ends.
constexpr std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

constexpr int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Calls `visit` with each element of a comma-separated list, trimmed; empty ones too.
template <class Visit>
constexpr void for_each_element(std::string_view list, Visit visit) {
  for (;;) {
    const auto comma = list.find(',');
    visit(trim(list.substr(0, comma)));
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace souk::http::syntax
