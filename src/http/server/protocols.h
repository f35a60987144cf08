// The protocols that the connections of one worker speak.
// Threading: one per worker. Ownership: borrows its arguments, which outlive it.
#pragma once

#include "http/h1/session.h"
#include "http/h2/session.h"

namespace souk::http {

struct Protocols {
  Protocols(const ServerConfig& config, Metrics& metrics, const Clock& clock)
      : h1(config, metrics, clock), h2(config, metrics, clock) {}

  h1::Protocol h1;
  h2::Protocol h2;
};

}  // namespace souk::http
