// A transaction on a leased connection: rolled back unless committed, however the scope is left.
//
//   auto tx = co_await pool.begin(context);
//   auto [order, lines] = co_await tx.pipeline(call(kInsertOrder, id, user), call(kLock, ids));
//   co_await tx.query_and_commit(kInsertLines, ids, quantities);
//
// BEGIN is sent with the first statement and COMMIT may be sent with the last, so the above is two
// round trips. Pipelined statements are sent at once and run in order; after the first refusal none
// of the rest runs, including COMMIT. If the first batch is the whole transaction, it is repeated
// after a conflict, as a single statement is; for others, callers use Pool::retry.
//
// Every query throws StatementError, Unavailable, Overloaded or Timeout (the transaction is then
// rolled back and unusable); commits also throw OutcomeUnknown. BEGIN, COMMIT and ROLLBACK do not
// count as statements of the context.
//
// Threading: loop thread only; one query or pipeline at a time. Ownership: borrows the pool and the
// context, which outlive it; its tasks borrow it: move it only when none is running.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "postgres/lease.h"
#include "postgres/rows.h"
#include "postgres/statement.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::postgres {

class Pool;

enum class Isolation : std::uint8_t {
  kReadCommitted,
  kRepeatableRead,
  kSerializable,
  kSnapshot,  // repeatable read, read-only
};

class Transaction {
 public:
  Transaction(Transaction&&) noexcept = default;
  Transaction& operator=(Transaction&&) = delete;

  template <Encodable... T>
  runtime::Task<Rows> query(const Statement& statement, const T&... values) {
    return run_one(call(statement, values...), Then::kStay);
  }
  template <Encodable... T>
  runtime::Task<Rows> query_and_commit(const Statement& statement, const T&... values) {
    return run_one(call(statement, values...), Then::kCommit);
  }

  // auto [a, b] = co_await tx.pipeline(call(kA, x), call(kB, y));
  template <std::same_as<Call>... C>
  runtime::Task<std::array<Rows, sizeof...(C)>> pipeline(C... calls) {
    return run_array(std::array<Call, sizeof...(C)>{std::move(calls)...}, Then::kStay);
  }
  template <std::same_as<Call>... C>
  runtime::Task<std::array<Rows, sizeof...(C)>> pipeline_and_commit(C... calls) {
    return run_array(std::array<Call, sizeof...(C)>{std::move(calls)...}, Then::kCommit);
  }
  // Any number of calls; results in their order.
  runtime::Task<std::vector<Rows>> pipeline(std::vector<Call> calls);
  runtime::Task<std::vector<Rows>> pipeline_and_commit(std::vector<Call> calls);

  // A statement sent ahead: the server runs it while the caller does something else. Without take()
  // its answer is discarded. Must be destroyed before its transaction.
  class Ahead;
  // REQUIRES: a statement was answered before, and no other is sent until take().
  template <Encodable... T>
  Ahead send_ahead(const Statement& statement, const T&... values);
  runtime::Task<Rows> take(Ahead ahead);

  const runtime::Context& context() const { return *context_; }

  // Free of cost if no statement was sent.
  runtime::Task<void> commit();
  // Waits for the rollback, which the destructor does not.
  runtime::Task<void> rollback();

 private:
  friend class Pool;
  enum class Then : std::uint8_t { kStay, kCommit };

  Transaction(Pool& pool, Lease lease, runtime::Context& context, Isolation isolation)
      : pool_(&pool), lease_(std::move(lease)), context_(&context), isolation_(isolation) {}

  runtime::Task<Rows> run_one(Call call, Then then);
  template <std::size_t N>
  runtime::Task<std::array<Rows, N>> run_array(std::array<Call, N> calls, Then then) {
    std::array<Rows, N> results;
    co_await run(calls, results, then);
    co_return results;
  }
  runtime::Task<void> run(std::span<const Call> calls, std::span<Rows> results, Then then);
  struct Batch;
  Ahead send_ahead(Call call);
  void send(Batch& batch, std::span<const Call> calls, Then then);
  void take_results(Batch& batch, std::span<Rows> results, bool expired);
  void expect_committed(Batch& batch);

  Pool* pool_;
  Lease lease_;
  runtime::Context* context_;
  Isolation isolation_;
  bool begun_ = false;
};

class Transaction::Ahead {
 public:
  Ahead(Ahead&&) noexcept;
  Ahead& operator=(Ahead&&) noexcept;
  ~Ahead();

 private:
  friend Transaction;
  explicit Ahead(std::unique_ptr<Batch> batch);

  std::unique_ptr<Batch> batch_;
};

template <Encodable... T>
Transaction::Ahead Transaction::send_ahead(const Statement& statement, const T&... values) {
  return send_ahead(call(statement, values...));
}

}  // namespace souk::postgres
