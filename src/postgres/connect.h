// Starts a libpq connection with the pool's options.
#pragma once

#include <libpq-fe.h>

#include <memory>

#include "postgres/pool_config.h"

namespace souk::postgres {

struct FinishSession {
  void operator()(PGconn* session) const { PQfinish(session); }
};
using Session = std::unique_ptr<PGconn, FinishSession>;

// Continue with PQconnectPoll. Null only when memory is exhausted.
Session start_session(const PoolConfig& config);

// The first statements on each connection of the pool: session_sql().
std::string session_sql(const PoolConfig& config);

// The first line of libpq's latest error.
std::string session_error(const PGconn* session);

}  // namespace souk::postgres
