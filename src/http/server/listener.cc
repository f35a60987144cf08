#include "http/server/listener.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

namespace souk::http {
namespace {

// What the kernel takes for one client beyond what it has sent, inherited by accepted sockets. By
// default it is megabytes, and thousands of slow readers use up the memory of all connections.
constexpr int kMaxUnsentBytes = 16 * 1024;

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  // The port is at the same offset for both families.
  in_port_t& network_port() { return reinterpret_cast<sockaddr_in&>(storage).sin_port; }
  bool operator==(const Address& other) const {
    return size == other.size && std::memcmp(&storage, &other.storage, size) == 0;
  }
};

bool is_supported(Address& address) {
  const int fd = ::socket(address.get()->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0) ::close(fd);
  return fd >= 0 || errno != EAFNOSUPPORT;
}

// Sockets of IPv6 are for IPv6 only, so that a client's address has one form: `::` is two
// addresses.
Result<std::vector<Address>> resolve(const std::string& text) {
  std::vector<Address> addresses;
  const auto add = [&addresses](const std::string& name) {
    const addrinfo hints{.ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(name.c_str(), nullptr, &hints, &found);
    if (error != 0) return error;
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
    for (; found != nullptr; found = found->ai_next) {
      Address address{.size = found->ai_addrlen};
      std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
      if (std::ranges::find(addresses, address) == addresses.end()) addresses.push_back(address);
    }
    return 0;
  };
  int error = add(text);
  if (text == "::") error = add("0.0.0.0");
  // A kernel without IPv6 still has the other family.
  if (addresses.size() > 1) {
    std::erase_if(addresses, [](Address& address) { return !is_supported(address); });
  }
  if (error == 0) return addresses;
  return fail(ErrorCode::kUnavailable,
              fmt::format("{} is not an IPv4 or IPv6 address, nor a name that has one: {}", text,
                          ::gai_strerror(error)));
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

void set_option(int fd, int level, int option, int value = 1) {
  ::setsockopt(fd, level, option, &value, sizeof(value));
}

// Adds a socket bound to the address, and sets the port that it has; or returns errno. Without
// `shared` the bind fails if another socket listens there.
int bind_socket(Listener& to, Address& address, bool shared, int type) {
  const int family = address.get()->sa_family;
  const int fd = ::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  to.add(fd);
  // Of UDP it would share the port.
  if (type == SOCK_STREAM) set_option(fd, SOL_SOCKET, SO_REUSEADDR);
  if (shared) set_option(fd, SOL_SOCKET, SO_REUSEPORT);
  // Accepted sockets inherit it: runtime::receive() then knows how long bytes waited to be read.
  set_option(fd, SOL_SOCKET, SO_TIMESTAMPNS);
  if (type == SOCK_STREAM) set_option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, kMaxUnsentBytes);
  if (family == AF_INET6) set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY);
  if (::bind(fd, address.get(), address.size) != 0) return errno;
  return ::getsockname(fd, address.get(), &address.size) == 0 ? 0 : errno;
}

// SO_REUSEPORT would let a second server of the same user share our port unnoticed: a bind without
// it detects one. Sets the port if it is 0.
int probe(std::vector<Address>& addresses, std::uint16_t& port, int type) {
  Listener closed_at_once(port);
  for (auto& address : addresses) {
    address.network_port() = htons(port);
    if (const int error = bind_socket(closed_at_once, address, false, type); error != 0) {
      return error;
    }
    port = ntohs(address.network_port());
  }
  return 0;
}

}  // namespace

Listener::~Listener() {
  for (const int fd : descriptors_) ::close(fd);
}

namespace {

Result<std::vector<Listener>> bind_all(const std::string& text, std::uint16_t port,
                                       std::size_t count, int type) {
  auto addresses = resolve(text);
  if (!addresses) return std::unexpected(std::move(addresses.error()));
  if (const int error = probe(*addresses, port, type); error != 0) {
    return cannot_listen(text, port, error);
  }
  std::vector<Listener> listeners;
  for (std::size_t i = 0; i < count; ++i) {
    auto& listener = listeners.emplace_back(port);
    for (auto& address : *addresses) {
      if (const int error = bind_socket(listener, address, true, type); error != 0) {
        return cannot_listen(text, port, error);
      }
    }
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
  auto port = listeners.front().port();
  auto addresses = resolve(config.address);
  if (!addresses) return std::unexpected(std::move(addresses.error()));
  // Privileges may have been given up since the bind: EACCES is no conflict.
  if (const int error = probe(*addresses, port, SOCK_STREAM); error != 0 && error != EACCES) {
    return cannot_listen(config.address, port, error);
  }
  for (const auto& listener : listeners) {
    for (const int fd : listener.descriptors()) {
      if (::listen(fd, config.backlog) != 0) return cannot_listen(config.address, port, errno);
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
