// What a webhook may be sent to: an http:// or https:// URL, and an address that is nobody's own
// network (the attack is called server-side request forgery).
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
  std::string authority;  // as it stands in the URL
  std::string target;     // path and query
};

// Errors: validation_failed with a sentence. Without user, password or fragment; printable ASCII
// only, so that no part of it can end a header.
Result<Url> parse_url(std::string_view text);

// Whether it is a unicast address of the public internet, by the special-purpose registries of IANA
// (RFC 6890); IPv4 inside IPv6 is looked at as what it is.
bool is_public(const boost::asio::ip::address& address);

}  // namespace souk::webhooks
