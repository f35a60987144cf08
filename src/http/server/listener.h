// The sockets of one worker on the server's addresses: all workers share them (SO_REUSEPORT).
// Threading: the functions on one thread; each listener then belongs to one worker.
// Ownership: a Listener owns its descriptors.
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
  explicit Listener(std::uint16_t port) : port_(port) {}
  Listener(Listener&& other) noexcept
      : descriptors_(std::exchange(other.descriptors_, {})), port_(other.port_) {}
  Listener& operator=(Listener&&) = delete;
  ~Listener();

  std::uint16_t port() const { return port_; }
  // One for each address, in the same order for every worker.
  std::span<const int> descriptors() const { return descriptors_; }
  void add(int descriptor) { descriptors_.push_back(descriptor); }
  // Transfers ownership of the descriptors.
  std::vector<int> release() { return std::exchange(descriptors_, {}); }

 private:
  std::vector<int> descriptors_;
  std::uint16_t port_;
};

// Binds the sockets of `count` workers to the configured address: an IPv4 or IPv6 address, `::` for
// all of both families, or a name, for all that it has. With port 0 all share the port that the
// kernel chose for the first. Clients cannot connect yet. Errors: unavailable, naming the address
// and a remedy, when another process listens there, the address is not local, or permission is
// missing.
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
