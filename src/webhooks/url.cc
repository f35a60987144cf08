#include "webhooks/url.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/url.h"
#include "webhooks/types.h"

namespace souk::webhooks {
namespace {

namespace ip = boost::asio::ip;

constexpr std::size_t kMaxHostBytes = 253;  // RFC 1035

std::unexpected<Error> refuse(std::string detail) {
  return fail(ErrorCode::kValidationFailed, std::move(detail));
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}

// A DNS name or an address.
bool is_host(const std::string& host) {
  if (host.contains(':')) return true;  // IPv6, as only brackets hold colons
  return !host.empty() && host.size() <= kMaxHostBytes &&
         std::ranges::all_of(host, is_host_character);
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
    Range{v4(100, 64, 0), 10},    // carrier-grade NAT
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

// Only 2000::/3 is assigned; the ranges below within it are not ordinary hosts.
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
  auto parts = souk::parse_url(text);
  if (!parts) return refuse("the URL is malformed, or a part of it is not percent-encoded");
  const bool tls = parts->scheme == "https";
  if (!tls && parts->scheme != "http") {
    return refuse("the URL must begin with https:// or http://");
  }
  if (parts->has_fragment) return refuse("the URL must not have a fragment");
  if (parts->has_credentials) return refuse("the URL must not hold a user or a password");
  if (!is_host(parts->host)) return refuse("the URL's host is neither a name nor an address");
  if (!parts->target.starts_with('/')) parts->target.insert(0, "/");
  return Url{.tls = tls,
             .host = std::move(parts->host),
             .port = parts->port.value_or(tls ? 443 : 80),
             .authority = std::move(parts->authority),
             .target = std::move(parts->target)};
}

bool is_public(const ip::address& address) {
  return address.is_v4() ? is_public_v4(address.to_v4()) : is_public_v6(address.to_v6());
}

}  // namespace souk::webhooks
