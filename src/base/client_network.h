// Client addresses, and the networks that per-client limits count: an IPv4 address, or the /64 of
// an IPv6 address, because one host usually controls a whole /64.
// Threading: plain values.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace souk {

// IPv4-mapped IPv6 addresses (::ffff:203.0.113.7) are IPv4 addresses.
class IpAddress {
 public:
  using Bytes = std::array<std::uint8_t, 16>;

  IpAddress() = default;  // ::
  explicit IpAddress(const Bytes& v6) : bytes_(v6) {}
  explicit IpAddress(const std::array<std::uint8_t, 4>& v4);
  // Without brackets, port and zone.
  static std::optional<IpAddress> parse(std::string_view text);

  bool is_v4() const;
  bool is_loopback() const;  // 127.0.0.0/8 and ::1
  const Bytes& bytes() const { return bytes_; }
  std::string text() const;

  friend bool operator==(const IpAddress&, const IpAddress&) = default;

 private:
  Bytes bytes_{};  // IPv4 as an IPv4-mapped address
};

// A set of addresses, written as a list of addresses and blocks: "192.0.2.1", "10.0.0.0/8".
class AddressBlocks {
 public:
  AddressBlocks() = default;
  // Errors: validation_failed, naming the first item that is neither.
  static Result<AddressBlocks> parse(std::span<const std::string> items);

  bool empty() const { return blocks_.empty(); }
  bool contains(const IpAddress& address) const;

 private:
  struct Block {
    IpAddress::Bytes prefix;
    unsigned bits;
  };
  std::vector<Block> blocks_;
};

// What a per-client limit counts. Clients exempt from such limits have no network.
class ClientNetwork {
 public:
  ClientNetwork() = default;  // no network
  // No network for a loopback address.
  explicit ClientNetwork(const IpAddress& address);

  // Whether limits apply: false for no network.
  bool counts() const { return *this != ClientNetwork(); }
  // "203.0.113.7", "2001:db8:1:2::/64", or "none".
  std::string text() const;
  // Identifies the network on every machine; all zero for none.
  const IpAddress::Bytes& bytes() const { return bytes_; }

  friend bool operator==(const ClientNetwork&, const ClientNetwork&) = default;
  friend auto operator<=>(const ClientNetwork&, const ClientNetwork&) = default;

 private:
  IpAddress::Bytes bytes_{};
};

}  // namespace souk

template <>
struct std::hash<souk::ClientNetwork> {
  // Keyed: a client with many networks must not be able to choose ones that collide.
  std::size_t operator()(const souk::ClientNetwork& network) const noexcept;
};
