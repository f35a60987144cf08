// Starts a libpq connection the way the pool wants all of them.
#pragma once

#include <libpq-fe.h>

#include <memory>

#include "postgres/pool_config.h"

namespace souk::postgres {

struct FinishSession {
  void operator()(PGconn* session) const { PQfinish(session); }
};
using Session = std::unique_ptr<PGconn, FinishSession>;

// To be driven on by PQconnectPoll. Null only when memory is short.
Session start_session(const PoolConfig& config);

// What a connection of the pool is to be sent before anything else: session_sql().
std::string session_sql(const PoolConfig& config);

// The first line of libpq's latest error.
std::string session_error(const PGconn* session);

}  // namespace souk::postgres
