// A server to ask: its address, resolved once.
// Threading: plain values.
#pragma once

#include <sys/socket.h>

#include <string>
#include <string_view>

#include "base/error.h"

namespace souk::http {

struct Target {
  sockaddr_storage address{};
  socklen_t address_length = 0;
  std::string host;  // as the Host field names it, with the port where it is not 80

  // Whether it runs on this machine.
  bool is_loopback() const;
};

// "http://HOST[:PORT][/]", HOST a name, an IPv4 address or an IPv6 one in brackets; resolves it.
// Errors: invalid_request for another form, unavailable for a name that does not resolve.
Result<Target> parse_target(std::string_view url);

}  // namespace souk::http
