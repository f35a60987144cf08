#include "webhooks/url.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/parse.h"
#include "webhooks/types.h"

namespace souk::webhooks {
namespace {

namespace ip = boost::asio::ip;

std::unexpected<Error> refuse(std::string detail) {
  return fail(ErrorCode::kValidationFailed, std::move(detail));
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  const auto port = parse_integer(text);
  if (!port || *port < 1 || *port > 65'535) return std::nullopt;
  return static_cast<std::uint16_t>(*port);
}

// The host of an authority; what is left is empty or ":PORT".
std::optional<std::string> take_host(std::string_view& authority) {
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    if (close == authority.npos) return std::nullopt;
    std::string host(authority.substr(1, close - 1));
    authority.remove_prefix(close + 1);
    boost::system::error_code error;
    ip::make_address_v6(host, error);
    return error || host.contains('%') ? std::nullopt : std::optional(std::move(host));
  }
  std::string host(authority.substr(0, authority.find(':')));
  authority.remove_prefix(host.size());
  const bool valid =
      !host.empty() && host.size() <= 253 && std::ranges::all_of(host, is_host_character);
  return valid ? std::optional(std::move(host)) : std::nullopt;
}

struct Range {
  std::uint32_t address;
  int bits;
};
constexpr std::uint32_t v4(unsigned a, unsigned b, unsigned c) {
  return a << 24 | b << 16 | c << 8;
}
constexpr std::array kSpecial = {
    Range{v4(0, 0, 0), 8},        // this network
    Range{v4(10, 0, 0), 8},       // private
    Range{v4(100, 64, 0), 10},    // shared by a provider's customers
    Range{v4(127, 0, 0), 8},      // loopback
    Range{v4(169, 254, 0), 16},   // link-local, and the metadata services of clouds
    Range{v4(172, 16, 0), 12},    // private
    Range{v4(192, 0, 0), 24},     // IETF protocols
    Range{v4(192, 0, 2), 24},     // documentation
    Range{v4(192, 88, 99), 24},   // 6to4 relays
    Range{v4(192, 168, 0), 16},   // private
    Range{v4(198, 18, 0), 15},    // benchmarks
    Range{v4(198, 51, 100), 24},  // documentation
    Range{v4(203, 0, 113), 24},   // documentation
    Range{v4(224, 0, 0), 3},      // multicast, reserved, broadcast
};

bool is_public_v4(const ip::address_v4& address) {
  const auto number = address.to_uint();
  return std::ranges::none_of(kSpecial, [number](const Range& range) {
    return (number ^ range.address) >> (32 - range.bits) == 0;
  });
}

// Only 2000::/3 is given out; within it, these are not hosts of their own.
bool is_public_v6(const ip::address_v6& address) {
  if (address.is_v4_mapped()) return is_public_v4(ip::make_address_v4(ip::v4_mapped, address));
  const auto bytes = address.to_bytes();
  const auto first = bytes[0] << 8 | bytes[1];
  const auto second = bytes[2] << 8 | bytes[3];
  const bool unicast = first >> 13 == 1;
  const bool protocols = first == 0x2001 && second < 0x0200;  // Teredo, ORCHID and others
  const bool documentation = (first == 0x2001 && second == 0x0db8) || first >> 4 == 0x3ff;
  const bool six_to_four = first == 0x2002;
  return unicast && !protocols && !documentation && !six_to_four;
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  if (text.size() > kMaxUrlBytes) return refuse("the URL is too long");
  if (!std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; })) {
    return refuse("the URL must be printable ASCII, the rest percent-encoded");
  }
  Url url;
  url.tls = text.starts_with("https://");
  if (!url.tls && !text.starts_with("http://")) {
    return refuse("the URL must begin with https:// or http://");
  }
  text.remove_prefix(url.tls ? 8 : 7);
  if (text.contains('#')) return refuse("the URL must not have a fragment");
  auto authority = text.substr(0, text.find_first_of("/?"));
  url.authority = authority;
  url.target = text.substr(authority.size());
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  if (authority.contains('@')) return refuse("the URL must not hold a user or a password");
  auto host = take_host(authority);
  if (!host) return refuse("the URL's host is neither a name nor an address");
  url.host = *std::move(host);
  url.port = url.tls ? 443 : 80;
  if (!authority.empty()) {
    const auto port = authority.starts_with(':') ? parse_port(authority.substr(1)) : std::nullopt;
    if (!port) return refuse("the URL's port is not a number from 1 to 65535");
    url.port = *port;
  }
  return url;
}

bool is_public(const ip::address& address) {
  return address.is_v4() ? is_public_v4(address.to_v4()) : is_public_v6(address.to_v6());
}

}  // namespace souk::webhooks
