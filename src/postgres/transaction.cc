#include "postgres/transaction.h"

#include <algorithm>
#include <optional>

#include "postgres/connections.h"
#include "postgres/execution.h"
#include "postgres/pool.h"

namespace souk::postgres {
namespace {

using runtime::Task;
using State = Reply::State;

const char* begin_text(Isolation isolation) {
  switch (isolation) {
    case Isolation::kRepeatableRead:
      return "BEGIN ISOLATION LEVEL REPEATABLE READ";
    case Isolation::kSerializable:
      return "BEGIN ISOLATION LEVEL SERIALIZABLE";
    case Isolation::kSnapshot:
      return "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";
    default:
      return "BEGIN ISOLATION LEVEL READ COMMITTED";
  }
}

// The server certainly executed neither this nor anything after it.
bool never_ran(const Reply& reply) {
  return reply.state() == State::kKilled || reply.state() == State::kUnsent;
}

}  // namespace

// Statements sent together, and their answers.
struct Transaction::Batch {
  explicit Batch(std::size_t calls) : statements(calls), replies(calls) {}

  std::vector<StatementEntry*> statements;
  std::vector<Reply> replies;
  Reply begin;   // if sends_begin
  Reply commit;  // if sends_commit
  Reply sync;
  bool sends_begin = false;
  bool sends_commit = false;
  std::string_view name;  // of a statement sent ahead
  Reply::Time began = std::chrono::steady_clock::now();

  // A span for each of its statements, each from the answer to the one before, and for its COMMIT.
  void record(Spans& spans, std::span<const Call> calls) const {
    auto begun = began;
    const auto add = [&](std::string_view name, const Reply& reply, std::int64_t rows) {
      const bool answered = reply.state() == State::kRows;
      const auto ended = answered ? reply.answered_at() : std::chrono::steady_clock::now();
      spans.add({.kind = SpanKind::kStatement,
                 .failed = !answered,
                 .name = name,
                 .begun = std::exchange(begun, ended),
                 .ended = ended,
                 .rows = answered ? rows : -1});
      return answered;
    };
    for (std::size_t i = 0; i < calls.size(); ++i) {
      if (!add(calls[i].statement->name, replies[i], replies[i].rows())) return;
    }
    if (sends_commit) add("commit", commit, -1);
  }

  // Why it may be repeated: nothing has happened. That is certain only for a whole transaction, or
  // if not even BEGIN was run; a caller may have acted on answers to an earlier batch.
  std::optional<Again> again() const {
    if (!sends_begin) return std::nullopt;
    if (never_ran(begin)) return Again::kLost;  // the connection was lost while idle
    return sends_commit ? why_again(refusal()) : std::nullopt;
  }
  // The SQLSTATE of the first refusal, or empty.
  std::string_view refusal() const {
    const auto refused = std::ranges::find(replies, State::kRefused, &Reply::state);
    const Reply& reply = refused == replies.end() ? commit : *refused;
    return reply.state() == State::kRefused ? reply.sqlstate() : std::string_view();
  }
};

Task<Rows> Transaction::run_one(Call call, Then then) {
  Rows rows;
  co_await run({&call, 1}, {&rows, 1}, then);
  co_return rows;
}

Task<std::vector<Rows>> Transaction::pipeline(std::vector<Call> calls) {
  std::vector<Rows> results(calls.size());
  co_await run(calls, results, Then::kStay);
  co_return results;
}

Task<std::vector<Rows>> Transaction::pipeline_and_commit(std::vector<Call> calls) {
  std::vector<Rows> results(calls.size());
  co_await run(calls, results, Then::kCommit);
  co_return results;
}

Transaction::Ahead::Ahead(std::unique_ptr<Batch> batch) : batch_(std::move(batch)) {}
Transaction::Ahead::Ahead(Ahead&&) noexcept = default;
Transaction::Ahead& Transaction::Ahead::operator=(Ahead&&) noexcept = default;
Transaction::Ahead::~Ahead() = default;

Transaction::Ahead Transaction::send_ahead(Call call) {
  SOUK_ASSERT(lease_.held() && begun_);
  ++context_->statements;
  auto batch = std::make_unique<Batch>(1);
  batch->name = call.statement->name;
  send(*batch, {&call, 1}, Then::kStay);
  return Ahead(std::move(batch));
}

Task<Rows> Transaction::take(Ahead ahead) {
  const DatabaseTime time(*context_);
  OpenSpan span(context_->spans, SpanKind::kStatement, ahead.batch_->name, time.began());
  const bool expired =
      !co_await pool_->settle(*context_, lease_, ahead.batch_->sync, pool_->limit(*context_));
  Rows rows;
  take_results(*ahead.batch_, {&rows, 1}, expired);
  span.succeeded(static_cast<std::int64_t>(rows.size()));
  co_return rows;
}

Task<void> Transaction::commit() {
  if (begun_) {
    co_await run({}, {}, Then::kCommit);
  } else {
    lease_.release();
  }
}

Task<void> Transaction::rollback() {
  if (begun_ && lease_->alive()) {
    Batch batch(0);
    lease_->control("ROLLBACK", batch.commit);
    lease_->sync(&batch.sync);
    lease_.set_in_transaction(false);
    if (!co_await batch.sync.wait(pool_->config_.cancel_grace)) {
      lease_->drop("no answer to a rollback");
    }
  }
  lease_.release();
}

Task<void> Transaction::run(std::span<const Call> calls, std::span<Rows> results, Then then) {
  SOUK_ASSERT(lease_.held());
  const DatabaseTime time(*context_);
  const auto until = pool_->limit(*context_);
  context_->statements += static_cast<std::uint32_t>(calls.size());
  for (int tries = 1;; ++tries) {
    Batch batch(calls.size());
    send(batch, calls, then);
    const bool expired = !co_await pool_->settle(*context_, lease_, batch.sync, until);
    if (context_->spans != nullptr && context_->spans->records()) {
      batch.record(*context_->spans, calls);
    }
    const auto again = batch.again();
    if (!again || tries >= kTriesMax) {
      try {
        take_results(batch, results, expired);
      } catch (const OutcomeUnknown&) {
        pool_->unknown_outcomes_.increment();
        throw;
      }
      break;
    }
    co_await rollback();
    begun_ = false;
    co_await pool_->before_retry(*again, tries);
    lease_ = co_await pool_->connections_->acquire(until - std::chrono::steady_clock::now());
  }
  if (then == Then::kCommit) lease_.release();
}

void Transaction::send(Batch& batch, std::span<const Call> calls, Then then) {
  auto& connection = *lease_;
  for (std::size_t i = 0; i < calls.size(); ++i)
    batch.statements[i] = &pool_->book_->find(calls[i]);
  if (!begun_) {
    batch.sends_begin = begun_ = true;
    lease_.set_in_transaction(true);
    connection.control(begin_text(isolation_), batch.begin);
  }
  for (std::size_t i = 0; i < calls.size(); ++i) {
    connection.send(*batch.statements[i], calls[i].parameters, batch.replies[i]);
  }
  if (then == Then::kCommit) {
    batch.sends_commit = true;
    connection.control("COMMIT", batch.commit);
  }
  connection.sync(&batch.sync);
}

// Throws for the first without rows; later ones were not run.
void Transaction::take_results(Batch& batch, std::span<Rows> results, bool expired) {
  const auto expect_rows = [&](std::string_view name, const Reply& reply) {
    if (reply.state() == State::kRows) return;
    if (reply.state() == State::kRefused) throw_refused(name, reply);
    if (reply.state() == State::kLost && batch.sends_commit) {
      throw OutcomeUnknown("lost with a commit on its way: " + lease_->loss());
    }
    if (reply.state() == State::kPending && batch.sends_commit) {
      throw OutcomeUnknown("not answered in time, with a commit on its way");
    }
    if (expired) throw Timeout("no answer in time");
    throw Unavailable("lost inside a transaction: " + lease_->loss());
  };
  if (batch.sends_begin) expect_rows("begin", batch.begin);
  for (std::size_t i = 0; i < results.size(); ++i) {
    try {
      expect_rows(batch.statements[i]->name, batch.replies[i]);
    } catch (const std::exception& error) {
      count_failure(*batch.statements[i], error, batch.began);
      throw;
    }
    results[i] = take_rows(*batch.statements[i], batch.replies[i], batch.began);
  }
  if (batch.sends_commit) expect_committed(batch);
}

void Transaction::expect_committed(Batch& batch) {
  switch (batch.commit.state()) {
    case State::kRows:
      break;
    case State::kRefused:  // e.g. by a deferred constraint
      lease_.set_in_transaction(false);
      throw_refused("commit", batch.commit);
    case State::kUnsent:
      throw Unavailable("lost before the commit: " + lease_->loss());
    case State::kDoubtful:
      lease_.set_in_transaction(false);
      throw OutcomeUnknown(kNoStandby);
    case State::kPending:
      throw OutcomeUnknown("the commit was not answered in time");
    default:
      throw OutcomeUnknown("lost while committing: " + lease_->loss());
  }
  lease_.set_in_transaction(false);
  const auto result = batch.commit.take();
  if (std::string_view(PQcmdStatus(result.get())) == "ROLLBACK") {
    throw StatementError("commit", "25P02", "", "the transaction had failed and was rolled back");
  }
}

}  // namespace souk::postgres
