#include "http/client/target.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>

#include <array>
#include <cstring>
#include <memory>

#include "base/url.h"

namespace souk::http {

bool Target::is_loopback() const {
  if (address.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof(v4));
    return (ntohl(v4.sin_addr.s_addr) >> 24) == 127;
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address, sizeof(v6));
  return address.ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
}

std::string Target::numeric_address() const {
  std::array<char, NI_MAXHOST> text{};
  ::getnameinfo(reinterpret_cast<const sockaddr*>(&address), address_length, text.data(),
                text.size(), nullptr, 0, NI_NUMERICHOST);
  return text.data();
}

std::string Target::url() const { return fmt::format("http{}://{}", tls ? "s" : "", host); }

std::string make_url(std::string_view host, std::uint16_t port, bool tls) {
  const bool v6 = host.contains(':');
  return fmt::format("http{}://{}{}{}:{}", tls ? "s" : "", v6 ? "[" : "", host, v6 ? "]" : "",
                     port);
}

Result<Target> parse_target(std::string_view url, const std::string& ca_file) {
  const auto parts = parse_url(url);
  const bool tls = parts && parts->scheme == "https";
  if (!parts || (!tls && parts->scheme != "http") || parts->host.empty() ||
      parts->target.size() > 1 || parts->has_credentials || parts->has_fragment) {
    return fail(
        ErrorCode::kInvalidRequest,
        fmt::format("\"{}\" is not of the form http://HOST[:PORT] or https://HOST[:PORT]", url));
  }
  const std::uint16_t port = parts->port.value_or(tls ? 443 : 80);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int status =
      ::getaddrinfo(parts->host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (status != 0) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("cannot resolve {}: {}", parts->host, ::gai_strerror(status)));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> guard(found, &::freeaddrinfo);
  Target target;
  std::memcpy(&target.address, found->ai_addr, found->ai_addrlen);
  target.address_length = found->ai_addrlen;
  target.host = parts->authority;
  target.name = parts->host;
  target.port = port;
  if (tls) {
    auto trusted = runtime::TlsContext::trusting(ca_file);
    if (!trusted) return std::unexpected(std::move(trusted.error()));
    target.ca_file = ca_file;
    target.tls = std::make_shared<const runtime::TlsContext>(*std::move(trusted));
  }
  return target;
}

}  // namespace souk::http
