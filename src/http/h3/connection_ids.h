// Connection ids that name the worker of their connection: the first two bytes, modulo the number
// of workers. A classic BPF program makes the kernel choose the worker's socket by them, so that a
// client keeps its worker when its address changes. The id that a client chooses for its first
// packets names a worker by the same rule.
//
// Threading: one per worker.
#pragma once

#include <ngtcp2/ngtcp2.h>

#include <cstdint>
#include <span>

#include "base/random.h"

namespace souk::http::h3 {

class ConnectionIds {
 public:
  static constexpr std::size_t kBytes = 12;

  ConnectionIds(std::size_t worker, std::size_t workers, Random& random)
      : worker_(worker), workers_(workers), random_(random) {}

  ngtcp2_cid make();
  std::size_t worker() const { return worker_; }
  std::size_t worker_of(std::span<const std::uint8_t> id) const;
  Random& random() { return random_; }

  // Attaches the program to a group of SO_REUSEPORT sockets, by one of them: packets are given to
  // the sockets in the order in which they were bound. False: this kernel has no such programs;
  // workers then hand packets on.
  static bool attach(int fd, std::size_t workers);

 private:
  const std::size_t worker_;
  const std::size_t workers_;
  Random& random_;
};

}  // namespace souk::http::h3
