// What a worker asks the database through: runs statements on as few connections as will do.
//
//   constexpr auto kProductRow = row_of(&Product::id, &Product::name);
//   auto product = (co_await pool.query(context, kFindProduct, id)).optional(kProductRow);
//
// Points of one loop turn leave in one write with one Sync on a shared connection; an error in one
// of them costs the others a second try, never their answer. Scans, writes and transactions have a
// connection of their own for as long as they run. Reads whose connection is lost are run again;
// writes only when the server surely has not run them.
//
// Threading: one per worker, loop thread only. Ownership: borrows loop and registry, which outlive
// it; start() first, close() before it is destroyed. A running query borrows its context and its
// statement, not its parameters.
#pragma once

#include <array>
#include <concepts>
#include <memory>
#include <optional>
#include <type_traits>

#include "postgres/pool_config.h"
#include "postgres/rows.h"
#include "postgres/statement.h"
#include "postgres/transaction.h"
#include "runtime/context.h"
#include "runtime/loop.h"
#include "telemetry/metrics.h"

namespace souk::postgres {

class Connections;
class Lease;
class Reply;
class StatementBook;
enum class Again : std::uint8_t;

class Pool {
 public:
  Pool(runtime::Loop& loop, telemetry::Registry& registry, PoolConfig config);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // Opens the minimum of connections. Throws Unavailable where the server cannot be reached; the
  // pool then goes on trying, and may be used, in the background.
  runtime::Task<void> start();
  // Refuses new queries, waits for those in flight up to close_timeout, then cuts them off.
  // REQUIRES: holders of transactions end when their statements fail.
  runtime::Task<void> close();

  // Runs one statement by itself and waits for its rows. Throws StatementError where the server
  // refuses it, Unavailable (Overloaded, Timeout) and, writes only, OutcomeUnknown.
  template <Encodable... T>
  runtime::Task<Rows> query(runtime::Context& context, const Statement& statement,
                            const T&... values) {
    return run(context, call(statement, values...));
  }

  // Waits for a connection and lends it to the transaction. Throws Unavailable (Overloaded,
  // Timeout).
  runtime::Task<Transaction> begin(runtime::Context& context,
                                   Isolation isolation = Isolation::kReadCommitted);

  // Runs a transaction of several round trips, and again from its start, kTriesMax times in all,
  // where the server undid it for a conflict with another one or for a plan that went stale; the
  // context counts the statements of one run. Every other exception passes, also that of a lost
  // COMMIT. (A transaction that is sent whole, with its BEGIN and COMMIT, is sent again by itself.)
  // `body()` gives a task that begins and ends the transaction. REQUIRES: each run reads anew what
  // it decides by, and changes nothing outside the database before its COMMIT; no retry() inside.
  template <std::invocable Body>
  std::invoke_result_t<Body&> retry(runtime::Context& context, Body body) {
    const auto statements = context.statements;
    for (int tries = 1;; ++tries) {
      std::optional<Again> again;
      try {
        co_return co_await body();
      } catch (const StatementError& error) {
        again = may_run_again(error, tries);
        if (!again) throw;
      }
      context.statements = statements;
      co_await before_retry(*again, tries);
    }
  }

  // Whether the server could be reached the last time it was tried: what /readyz asks.
  bool reachable() const;
  std::size_t connections() const;

 private:
  friend Transaction;
  using Time = runtime::Context::Time;

  runtime::Task<Rows> run(runtime::Context& context, Call call);
  runtime::Task<Rows> run_point(runtime::Context& context, Call call);
  runtime::Task<Rows> run_alone(runtime::Context& context, Call call);
  // Until when a statement that starts now must be answered. Throws Timeout where that has passed.
  Time limit(const runtime::Context& context) const;
  // Waits for the Sync behind what was sent on a connection of one's own. When the time is up or
  // the request is cancelled, cancels on the server, and drops the connection where that does not
  // help either. A commit is never cancelled: it would be done, and perhaps only there. Its replies
  // stay pending. True when it was answered in time.
  runtime::Task<bool> settle(runtime::Context& context, Lease& lease, Reply& sync, Time until);
  enum class Cancelled : std::uint8_t { kYes, kCommitting, kNotReached };
  runtime::Task<Cancelled> cancel(int backend_pid, Time until);
  runtime::Task<void> before_retry(Again reason, int tries);
  static std::optional<Again> may_run_again(const StatementError& error, int tries);

  runtime::Loop& loop_;
  const PoolConfig config_;
  std::unique_ptr<StatementBook> book_;
  std::unique_ptr<Connections> connections_;
  std::array<telemetry::Counter*, 4> retries_;  // by Again
  telemetry::Counter& unknown_outcomes_;
};

}  // namespace souk::postgres
