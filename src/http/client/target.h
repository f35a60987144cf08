// A server: its address, resolved once, and whom to trust for its certificate.
// Threading: plain values.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "runtime/tls/client_context.h"

namespace souk::http {

struct Target {
  sockaddr_storage address{};
  socklen_t address_length = 0;
  std::string host;  // for the Host field, with the port unless it is the scheme's
  std::string name;  // name or address without brackets
  std::uint16_t port = 80;
  std::shared_ptr<const runtime::TlsContext> tls;  // null: plain text
  std::string ca_file;                             // of tls; empty: the system's authorities

  std::string numeric_address() const;
  // Whether it runs on this machine.
  bool is_loopback() const;
  std::string url() const;
};

// "http://HOST[:PORT][/]" or https://, HOST a name, an IPv4 address or an IPv6 one in brackets;
// resolves it. For https://, `ca_file` has the trusted authorities in PEM; empty: the system's.
// Errors: invalid_request for another form, unavailable when the name does not resolve or the file
// cannot be read.
Result<Target> parse_target(std::string_view url, const std::string& ca_file = {});

// The URL of a name or an address, IPv6 without brackets.
std::string make_url(std::string_view host, std::uint16_t port, bool tls = false);

}  // namespace souk::http
