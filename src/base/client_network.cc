#include "base/client_network.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>

#include "base/hash.h"
#include "base/parse.h"

namespace souk {
namespace {

using Bytes = IpAddress::Bytes;

constexpr unsigned kMappedBits = 96;  // prefix of an IPv4-mapped address
constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::size_t kNetworkBytes = 8;  // IPv6: a /64

bool is_mapped(const Bytes& bytes) {
  return std::ranges::equal(std::span(bytes).first<kMappedPrefix.size()>(), kMappedPrefix);
}

// The first `bits`, followed by zeros.
Bytes prefix_of(Bytes bytes, unsigned bits) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto kept = std::clamp(static_cast<int>(bits) - 8 * static_cast<int>(i), 0, 8);
    bytes[i] = static_cast<std::uint8_t>(bytes[i] & (0xff00 >> kept));
  }
  return bytes;
}

std::string text_of(int family, const void* bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(family, bytes, text.data(), text.size());
  return text.data();
}

}  // namespace

IpAddress::IpAddress(const std::array<std::uint8_t, 4>& v4) {
  std::ranges::copy(kMappedPrefix, bytes_.begin());
  std::ranges::copy(v4, bytes_.begin() + kMappedPrefix.size());
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.size() >= INET6_ADDRSTRLEN || text.contains('\0')) return std::nullopt;
  const std::string terminated(text);
  if (std::array<std::uint8_t, 4> v4{}; ::inet_pton(AF_INET, terminated.c_str(), v4.data()) == 1) {
    return IpAddress(v4);
  }
  if (Bytes v6{}; ::inet_pton(AF_INET6, terminated.c_str(), v6.data()) == 1) return IpAddress(v6);
  return std::nullopt;
}

bool IpAddress::is_v4() const { return is_mapped(bytes_); }

bool IpAddress::is_loopback() const {
  constexpr Bytes kV6Loopback = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return is_v4() ? bytes_[kMappedPrefix.size()] == 127 : bytes_ == kV6Loopback;
}

std::string IpAddress::text() const {
  return is_v4() ? text_of(AF_INET, &bytes_[kMappedPrefix.size()])
                 : text_of(AF_INET6, bytes_.data());
}

Result<AddressBlocks> AddressBlocks::parse(std::span<const std::string> items) {
  AddressBlocks blocks;
  for (const std::string_view item : items) {
    const auto slash = item.find('/');
    const auto address = IpAddress::parse(item.substr(0, slash));
    // The prefix length of an IPv4-mapped address is that of IPv6.
    const bool is_v4 = address && address->is_v4() && !item.contains(':');
    const std::int64_t longest = is_v4 ? 32 : 128;
    const auto length =
        slash == item.npos ? std::optional(longest) : parse_integer(item.substr(slash + 1));
    if (!address || !length || *length < 0 || *length > longest) {
      return fail(ErrorCode::kValidationFailed,
                  fmt::format("\"{}\" is neither an IP address nor a block of them such as "
                              "192.0.2.0/24 or 2001:db8::/32",
                              item));
    }
    const auto bits = static_cast<unsigned>(*length) + (is_v4 ? kMappedBits : 0);
    blocks.blocks_.push_back({prefix_of(address->bytes(), bits), bits});
  }
  return blocks;
}

bool AddressBlocks::contains(const IpAddress& address) const {
  // Block ::/0 is all of IPv6, but not the IPv4 addresses mapped into it.
  const unsigned least_bits = address.is_v4() ? kMappedBits : 0;
  return std::ranges::any_of(blocks_, [&](const Block& block) {
    return block.bits >= least_bits && prefix_of(address.bytes(), block.bits) == block.prefix;
  });
}

ClientNetwork::ClientNetwork(const IpAddress& address) {
  if (address.is_loopback()) return;
  bytes_ = address.is_v4() ? address.bytes() : prefix_of(address.bytes(), 8 * kNetworkBytes);
}

std::string ClientNetwork::text() const {
  if (!counts()) return "none";
  const IpAddress address(bytes_);
  return address.is_v4() ? address.text() : address.text() + "/64";
}

}  // namespace souk

std::size_t std::hash<souk::ClientNetwork>::operator()(
    const souk::ClientNetwork& network) const noexcept {
  const auto& bytes = network.bytes();
  return souk::keyed_hash({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}
