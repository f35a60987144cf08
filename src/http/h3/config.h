// HTTP/3's own settings and limits; those of every protocol are in http/server_config.h.
// Threading: plain values.
#pragma once

#include <cstddef>
#include <cstdint>

namespace souk::http::h3 {

struct Config {
  bool enabled = false;
  std::size_t max_streams = 100;  // requests of one connection at a time
  // Handshakes in progress on one worker: from then on clients must prove their address (Retry),
  // and beyond the second bound new ones are dropped.
  std::size_t retry_handshakes = 128;
  std::size_t max_handshakes = 1'024;
  // Requests that a client may cancel per second, with a burst of ten seconds.
  std::size_t max_resets = 50;
};

}  // namespace souk::http::h3
