// Listening sockets that share one address, one for each worker (SO_REUSEPORT).
// Threading: the functions on one thread; each listener then belongs to one worker.
// Ownership: a Listener owns its descriptor.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "http/server_config.h"

namespace souk::http {

class Listener {
 public:
  Listener(int fd, std::uint16_t port) : fd_(fd), port_(port) {}
  Listener(Listener&& other) noexcept : fd_(std::exchange(other.fd_, -1)), port_(other.port_) {}
  Listener& operator=(Listener&&) = delete;
  ~Listener();

  std::uint16_t port() const { return port_; }
  int descriptor() const { return fd_; }
  // Transfers ownership of the descriptor.
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
  std::uint16_t port_;
};

// Binds `count` sockets to the configured address; with port 0 all share the port that the kernel
// chose for the first. Clients cannot connect yet. Errors: unavailable, naming the address and a
// remedy, when another process listens there, the address is not local, or permission is missing.
Result<std::vector<Listener>> bind_listeners(const ServerConfig& config, std::size_t count);
// The same for UDP sockets of that address. They receive at once.
Result<std::vector<Listener>> bind_datagrams(const std::string& address, std::uint16_t port,
                                             std::size_t count);
// Starts listening on bound sockets, which needs no privilege. Errors: unavailable when another
// process has begun to listen there meanwhile.
Result<> listen(std::span<const Listener> listeners, const ServerConfig& config);
// bind_listeners() and listen().
Result<std::vector<Listener>> open_listeners(const ServerConfig& config, std::size_t count);

}  // namespace souk::http
