// The client's limits and time-outs, each per worker.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "redis/url.h"

namespace souk::redis {

struct ClientConfig {
  Url url;

  // Authorities that a server's certificate may be of, in PEM; empty: the system's.
  std::string tls_ca_file;

  std::chrono::milliseconds command_timeout{50};
  // To be connected, signed in and answered once.
  std::chrono::milliseconds connect_timeout{1'000};
  // Failures and time-outs in a row after which commands fail at once, until a probe has found
  // Redis answering in time.
  int breaker_threshold = 5;
  // A connection that has not answered a probe for so long is replaced.
  std::chrono::milliseconds probe_timeout{1'000};
  // Between two attempts to connect, or two probes; grows from the one to the other, jittered.
  std::chrono::milliseconds min_retry_delay{50};
  std::chrono::milliseconds max_retry_delay{1'000};

  // After Redis refused a command, whether it takes writes again is tried when it has refused
  // nothing for so long, on this key.
  std::chrono::milliseconds refusal_pause{5'000};
  std::string probe_key = "souk:probe";

  std::size_t max_in_flight = 10'000;  // commands without a reply, timed-out ones among them
  // Timed-out commands whose replies are still to come; past that the connection is replaced.
  std::size_t max_abandoned = 1'000;
  std::size_t max_unsent_bytes = 16 << 20;
  std::size_t max_reply_bytes = 64 << 20;
};

}  // namespace souk::redis
