// A server: its address, resolved once.
// Threading: plain values.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace souk::http {

struct Target {
  sockaddr_storage address{};
  socklen_t address_length = 0;
  std::string host;  // for the Host field, with the port unless it is 80
  std::string name;  // name or address without brackets
  std::uint16_t port = 80;

  // Whether it runs on this machine.
  bool is_loopback() const;
};

// "http://HOST[:PORT][/]", HOST a name, an IPv4 address or an IPv6 one in brackets; resolves it.
// Errors: invalid_request for another form, unavailable when the name does not resolve.
Result<Target> parse_target(std::string_view url);

// The URL of a name or an address, IPv6 without brackets.
std::string make_url(std::string_view host, std::uint16_t port);

}  // namespace souk::http
