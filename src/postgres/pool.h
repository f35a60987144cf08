// A worker's access to the database: runs statements on as few connections as possible.
//
//   constexpr auto kProductRow = row_of(&Product::id, &Product::name);
//   auto product = (co_await pool.query(context, kFindProduct, id)).optional(kProductRow);
//
// Points of one turn of the loop leave in one write with one Sync on a shared connection; an error
// of one of them costs the others a retry, never their answer. Scans, writes and transactions lease
// a connection. Reads are retried after a lost connection; writes only if the server certainly has
// not run them.
//
// Threading: one per worker, loop thread only. Ownership: borrows loop and registry, which outlive
// it; start() first, close() before it is destroyed. A running query borrows its context and its
// statement, not its parameters.
#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <type_traits>

#include "postgres/metrics.h"
#include "postgres/pool_config.h"
#include "postgres/rows.h"
#include "postgres/statement.h"
#include "postgres/transaction.h"
#include "runtime/context.h"
#include "runtime/loop.h"
#include "runtime/queue_delay.h"

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

  // Opens the minimum of connections. Throws Unavailable when the server is unreachable; the pool
  // then keeps trying in the background, and may be used.
  runtime::Task<void> start();
  // Refuses new queries, waits for running ones up to close_timeout, then closes their connections.
  // REQUIRES: holders of transactions end when their statements fail.
  runtime::Task<void> close();

  // Runs one statement alone and waits for its rows. Throws StatementError when the server refuses
  // it, Unavailable (Overloaded, Timeout) and, for writes only, OutcomeUnknown.
  template <Encodable... T>
  runtime::Task<Rows> query(runtime::Context& context, const Statement& statement,
                            const T&... values) {
    return run(context, call(statement, values...));
  }

  // Waits for a connection and leases it to the transaction. Throws Unavailable (Overloaded,
  // Timeout).
  runtime::Task<Transaction> begin(runtime::Context& context,
                                   Isolation isolation = Isolation::kReadCommitted);

  // Runs a transaction of several round trips, and repeats it from its start, kTriesMax times in
  // all, when the server rolled it back because of a conflict or a stale plan; the context counts
  // the statements of one run. Other exceptions pass, including that of a lost COMMIT. (A
  // transaction sent as a whole, with its BEGIN and COMMIT, is repeated automatically.) `body()`
  // returns a task that begins and ends the transaction. REQUIRES: each run reads its data again,
  // and changes nothing outside the database before its COMMIT; no nested retry().
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

  // How long statements wait: points for their answer on the shared connection, everything else
  // for a connection of its own.
  const runtime::QueueDelay& statement_delay() const { return statement_delay_; }
  const runtime::QueueDelay& connection_delay() const;

  // Whether the last attempt reached the server: for /readyz.
  bool reachable() const;
  std::size_t connections() const;

 private:
  friend Transaction;
  using Time = runtime::Context::Time;

  runtime::Task<Rows> run(runtime::Context& context, Call call);
  runtime::Task<Rows> run_point(runtime::Context& context, Call call);
  runtime::Task<Rows> run_alone(runtime::Context& context, Call call);
  // The deadline of a statement that starts now. Throws Timeout when it has passed.
  Time limit(const runtime::Context& context) const;
  // Waits for the Sync after the statements on a leased connection. On time-out or cancellation of
  // the request, cancels on the server, and drops the connection if that does not help. A commit is
  // never cancelled: it would take effect, perhaps on this server only. Its replies stay pending.
  // True when answered in time.
  runtime::Task<bool> settle(runtime::Context& context, Lease& lease, Reply& sync, Time until);
  enum class Cancelled : std::uint8_t { kYes, kCommitting, kNotReached };
  runtime::Task<Cancelled> cancel(int backend_pid, Time until);
  runtime::Task<void> before_retry(Again reason, int tries);
  static std::optional<Again> may_run_again(const StatementError& error, int tries);

  runtime::Loop& loop_;
  const PoolConfig config_;
  std::unique_ptr<StatementBook> book_;
  std::unique_ptr<Connections> connections_;
  telemetry::CountersBy<Again, kAgainNames> retries_;
  telemetry::Counter& unknown_outcomes_;
  runtime::QueueDelay statement_delay_{kDelayInterval};
};

}  // namespace souk::postgres
