#include "http/server/listener.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

namespace souk::http {
namespace {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  std::uint16_t port() const {
    // The port is at the same offset for both families.
    return ntohs(reinterpret_cast<const sockaddr_in&>(storage).sin_port);
  }
};

std::optional<Address> parse_address(const std::string& text, std::uint16_t port) {
  Address address;
  auto& v4 = reinterpret_cast<sockaddr_in&>(address.storage);
  if (::inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    address.size = sizeof(v4);
    return address;
  }
  auto& v6 = reinterpret_cast<sockaddr_in6&>(address.storage);
  if (::inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    address.size = sizeof(v6);
    return address;
  }
  return std::nullopt;
}

std::unexpected<Error> cannot_listen(const std::string& address, std::uint16_t port, int error) {
  const auto where = fmt::format("{} port {}", address, port);
  switch (error) {
    case EADDRINUSE:
      return fail(
          ErrorCode::kUnavailable,
          fmt::format("{} is in use by another process; stop it or choose another port", where));
    case EADDRNOTAVAIL:
      return fail(ErrorCode::kUnavailable,
                  fmt::format("{}: this machine does not have that address", where));
    case EACCES:
      return fail(ErrorCode::kUnavailable,
                  fmt::format("{}: permission denied; ports below 1024 need a privilege", where));
    default:
      return fail(ErrorCode::kUnavailable,
                  fmt::format("cannot listen on {}: {}", where, std::strerror(error)));
  }
}

void set_option(int fd, int level, int option) {
  const int on = 1;
  ::setsockopt(fd, level, option, &on, sizeof(on));
}

// A bound socket, or errno. Without `shared` the bind fails if another socket listens there.
std::expected<Listener, int> bind_socket(Address& address, bool shared, int type) {
  const int family = address.get()->sa_family;
  const int fd = ::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return std::unexpected(errno);
  Listener listener(fd, address.port());
  // Of UDP it would share the port.
  if (type == SOCK_STREAM) set_option(fd, SOL_SOCKET, SO_REUSEADDR);
  if (shared) set_option(fd, SOL_SOCKET, SO_REUSEPORT);
  // Accepted sockets inherit it: runtime::receive() then knows how long bytes waited to be read.
  set_option(fd, SOL_SOCKET, SO_TIMESTAMPNS);
  if (family == AF_INET6) set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY);
  if (::bind(fd, address.get(), address.size) != 0) return std::unexpected(errno);
  Address bound;
  bound.size = sizeof(bound.storage);
  ::getsockname(fd, bound.get(), &bound.size);
  return Listener(listener.release(), bound.port());
}

}  // namespace

Listener::~Listener() {
  if (fd_ >= 0) ::close(fd_);
}

namespace {

Result<std::vector<Listener>> bind_all(const std::string& text, std::uint16_t port,
                                       std::size_t count, int type) {
  auto address = parse_address(text, port);
  if (!address) {
    return fail(ErrorCode::kUnavailable, fmt::format("{} is not an IPv4 or IPv6 address", text));
  }
  // SO_REUSEPORT would let a second server of the same user share our port unnoticed: a bind
  // without it detects one.
  if (const auto probe = bind_socket(*address, false, type); !probe) {
    return cannot_listen(text, port, probe.error());
  }
  std::vector<Listener> listeners;
  for (std::size_t i = 0; i < count; ++i) {
    auto bound = bind_socket(*address, true, type);
    if (!bound) return cannot_listen(text, port, bound.error());
    address = parse_address(text, bound->port());
    listeners.push_back(*std::move(bound));
  }
  return listeners;
}

}  // namespace

Result<std::vector<Listener>> bind_listeners(const ServerConfig& config, std::size_t count) {
  return bind_all(config.address, config.port, count, SOCK_STREAM);
}

Result<std::vector<Listener>> bind_datagrams(const std::string& address, std::uint16_t port,
                                             std::size_t count) {
  return bind_all(address, port, count, SOCK_DGRAM);
}

Result<> listen(std::span<const Listener> listeners, const ServerConfig& config) {
  const auto port = listeners.front().port();
  auto address = parse_address(config.address, port);
  // Privileges may have been given up since the bind: EACCES is no conflict.
  if (const auto probe = bind_socket(*address, false, SOCK_STREAM);
      !probe && probe.error() != EACCES) {
    return cannot_listen(config.address, port, probe.error());
  }
  for (const auto& listener : listeners) {
    if (::listen(listener.descriptor(), config.backlog) != 0) {
      return cannot_listen(config.address, port, errno);
    }
  }
  return {};
}

Result<std::vector<Listener>> open_listeners(const ServerConfig& config, std::size_t count) {
  auto listeners = bind_listeners(config, count);
  if (!listeners) return listeners;
  if (auto listening = listen(*listeners, config); !listening) {
    return std::unexpected(std::move(listening.error()));
  }
  return listeners;
}

}  // namespace souk::http
