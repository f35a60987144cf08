// Listening sockets that share one address, one for each worker (SO_REUSEPORT).
// Threading: open_listeners() on one thread; each listener then belongs to one worker.
// Ownership: a Listener owns its descriptor.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/error.h"
#include "http/server/config.h"

namespace souk::http {

class Listener {
 public:
  Listener(int fd, std::uint16_t port) : fd_(fd), port_(port) {}
  Listener(Listener&& other) noexcept : fd_(std::exchange(other.fd_, -1)), port_(other.port_) {}
  Listener& operator=(Listener&&) = delete;
  ~Listener();

  std::uint16_t port() const { return port_; }
  // Hands the descriptor over.
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
  std::uint16_t port_;
};

// Binds and listens `count` times on the configured address; with port 0 all take the one the
// kernel gave the first. Errors: unavailable, with a sentence that names the address and says what
// to do, where another process listens there, the address is not ours, or permission lacks.
Result<std::vector<Listener>> open_listeners(const ServerConfig& config, std::size_t count);

}  // namespace souk::http
