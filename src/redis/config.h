// The client's limits and time-outs, each per worker.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "redis/url.h"

namespace souk::redis {

struct ClientConfig {
  Url url;

  // Trusted authorities of server certificates, in PEM; empty: the system's.
  std::string tls_ca_file;

  std::chrono::milliseconds command_timeout{50};
  // Time to connect, sign in and get one answer.
  std::chrono::milliseconds connect_timeout{1'000};
  // After so many failures and time-outs in a row commands fail at once, until a probe is answered
  // in time.
  int breaker_threshold = 5;
  // A connection without an answer to a probe for this long is replaced.
  std::chrono::milliseconds probe_timeout{1'000};
  // Pauses between two attempts to connect, or two probes; grow from min to max, jittered.
  std::chrono::milliseconds min_retry_delay{50};
  std::chrono::milliseconds max_retry_delay{1'000};

  // After a refused command, writes are tested on this key once nothing was refused for this long.
  std::chrono::milliseconds refusal_pause{5'000};
  std::string probe_key = "souk:probe";

  std::size_t max_in_flight = 10'000;  // commands without a reply, timed-out ones among them
  // The most outstanding replies of timed-out commands; above it the connection is replaced.
  std::size_t max_abandoned = 1'000;
  std::size_t max_unsent_bytes = 16 << 20;
  std::size_t max_reply_bytes = 64 << 20;
};

}  // namespace souk::redis
