// Allowed targets of webhooks: an http:// or https:// URL, and a public address (against
// server-side request forgery).
// Threading: pure functions.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace souk::webhooks {

struct Url {
  bool tls = false;
  std::string host;  // a name or an address, IPv6 without brackets
  std::uint16_t port = 80;
  std::string authority;  // as in the URL
  std::string target;     // path and query
};

// Errors: validation_failed with a sentence. No user, password or fragment; printable ASCII only,
// so that no part can end a header.
Result<Url> parse_url(std::string_view text);

// Whether it is a unicast address of the public internet, by the special-purpose registries of IANA
// (RFC 6890); IPv4 within IPv6 is judged as IPv4.
bool is_public(const boost::asio::ip::address& address);

}  // namespace souk::webhooks
