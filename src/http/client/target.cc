#include "http/client/target.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>

#include <cstring>
#include <memory>

#include "base/parse.h"

namespace souk::http {
namespace {

struct HostPort {
  std::string host;
  std::uint16_t port;
};

std::optional<HostPort> split(std::string_view authority) {
  std::string_view host = authority;
  std::string_view rest;
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    if (close == authority.npos) return std::nullopt;
    host = authority.substr(1, close - 1);
    rest = authority.substr(close + 1);
  } else if (const auto colon = authority.find(':'); colon != authority.npos) {
    host = authority.substr(0, colon);
    rest = authority.substr(colon);
  }
  if (host.empty() || (!rest.empty() && !rest.starts_with(':'))) return std::nullopt;
  const auto port = rest.empty() ? std::optional<std::int64_t>(80) : parse_integer(rest.substr(1));
  if (!port || *port < 1 || *port > 65'535) return std::nullopt;
  return HostPort{std::string(host), static_cast<std::uint16_t>(*port)};
}

}  // namespace

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

std::string make_url(std::string_view host, std::uint16_t port) {
  const bool v6 = host.contains(':');
  return fmt::format("http://{}{}{}:{}", v6 ? "[" : "", host, v6 ? "]" : "", port);
}

Result<Target> parse_target(std::string_view url) {
  constexpr std::string_view kScheme = "http://";
  auto authority = url.starts_with(kScheme) ? url.substr(kScheme.size()) : std::string_view();
  if (authority.ends_with('/')) authority.remove_suffix(1);
  const auto parts = split(authority);
  if (!parts || authority.find('/') != authority.npos) {
    return fail(ErrorCode::kInvalidRequest,
                fmt::format("\"{}\" is not of the form http://HOST[:PORT]", url));
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int status =
      ::getaddrinfo(parts->host.c_str(), std::to_string(parts->port).c_str(), &hints, &found);
  if (status != 0) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("cannot resolve {}: {}", parts->host, ::gai_strerror(status)));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> guard(found, &::freeaddrinfo);
  Target target;
  std::memcpy(&target.address, found->ai_addr, found->ai_addrlen);
  target.address_length = found->ai_addrlen;
  target.host = authority;
  target.name = parts->host;
  target.port = parts->port;
  return target;
}

}  // namespace souk::http
