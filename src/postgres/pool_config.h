// The pool's limits and time-outs, and its share of the process's limits.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "postgres/session_settings.h"

namespace souk::postgres {

// A pause of the database that is shorter is no overload (runtime/queue_delay.h).
inline constexpr std::chrono::milliseconds kDelayInterval{500};

struct PoolConfig {
  // A URL or a keyword string, as in libpq. Looking up a host name blocks the loop while
  // connecting: prefer a socket path or an address if names are slow.
  std::string conninfo;
  std::string application_name = "souk";
  SessionSettings session;  // for these connections, overriding session_settings.h

  bool read_only = false;  // every write fails with ReadOnly
  // Statements that take longer are explained in the server's log (explaining.h); 0: none.
  std::chrono::milliseconds explain_slow{0};

  // For all workers together; each worker gets its share, at least two.
  std::size_t min_connections = 5;
  std::size_t max_connections = 100;
  std::size_t worker = 0;
  std::size_t workers = 1;

  std::chrono::milliseconds idle_lifetime{300'000};  // then closed, down to the minimum
  std::chrono::milliseconds command_timeout{30'000};
  // How long a cancelled statement may take to end before its connection is dropped.
  std::chrono::milliseconds cancel_grace{1'000};

  std::chrono::milliseconds acquire_timeout{
      30'000};                         // in FIFO order; the request's deadline applies too
  std::size_t max_waiting = 10'000;    // for a connection of their own
  std::size_t max_pipelined = 10'000;  // points without an answer, per shared connection
  std::size_t max_batch = 256;         // points that share a Sync
  // A shared connection without an answer for this long gets no more points while another one is
  // available.
  std::chrono::milliseconds stalled_after{250};

  std::chrono::milliseconds connect_timeout{5'000};
  // After this many failures in a row queries fail at once, until a probe has reached the server.
  int max_reconnect_attempts = 3;
  std::chrono::milliseconds max_reconnect_delay{5'000};
  std::chrono::milliseconds max_probe_delay{800};
  std::chrono::milliseconds close_timeout{5'000};  // for statements in flight when the pool closes

  // This worker's share of a number of connections.
  std::size_t share_of(std::size_t total) const {
    return total / workers + (worker < total % workers ? 1 : 0);
  }
};

}  // namespace souk::postgres
