// The shop under test: its address, resolved once.
// Threading: plain values.
#pragma once

#include <sys/socket.h>

#include <string>
#include <string_view>

#include "base/error.h"

namespace souk::loadtest {

struct Target {
  sockaddr_storage address{};
  socklen_t address_length = 0;
  std::string host;  // as the Host field names it, with the port where it is not 80

  // Whether the shop runs on this machine, so that its share of the machine can be told.
  bool is_loopback() const;
};

// "http://HOST[:PORT][/]", HOST a name, an IPv4 address or an IPv6 one in brackets; resolves it.
// Errors: invalid_request for another form, unavailable for a name that does not resolve.
Result<Target> parse_target(std::string_view url);

}  // namespace souk::loadtest
