#include "postgres/pool.h"

#include <algorithm>

#include "postgres/connections.h"
#include "postgres/execution.h"

namespace souk::postgres {
namespace {

using runtime::Context;
using runtime::Task;
using Kind = Statement::Kind;

// libpq's own cancel request blocks; this one is sent like any other point. It cannot undo a
// COMMIT, only end its wait for the standby, even if it arrives while the commit is still flushing.
// Single writes commit without a COMMIT statement: recognised by what they wait for.
constexpr Statement kCancelBackend{
    .name = "postgres_cancel_backend",
    .sql =
        "SELECT CASE WHEN query = 'COMMIT' OR lower(wait_event) IN ('syncrep', 'walsync', "
        "'walwrite') THEN false ELSE pg_cancel_backend(pid) END "
        "FROM pg_stat_get_activity($1)",
    .kind = Kind::kPoint};

constexpr std::chrono::milliseconds kRetryPause{10};
constexpr std::chrono::milliseconds kPauseAfterConflict{20};

auto now() { return std::chrono::steady_clock::now(); }

}  // namespace

Pool::Pool(runtime::Loop& loop, telemetry::Registry& registry, PoolConfig config)
    : loop_(loop),
      config_(std::move(config)),
      book_(std::make_unique<StatementBook>(registry)),
      connections_(std::make_unique<Connections>(loop, config_, registry)),
      retries_(registry, kMetrics.retries),
      unknown_outcomes_(registry.cell(kMetrics.unknown_outcomes)) {}

Pool::~Pool() = default;

Task<void> Pool::start() { return connections_->start(); }
Task<void> Pool::close() { return connections_->close(); }
bool Pool::reachable() const { return connections_->usable(); }
const runtime::QueueDelay& Pool::connection_delay() const { return connections_->delay(); }
std::size_t Pool::connections() const { return connections_->size(); }

Task<Rows> Pool::run(Context& context, Call call) {
  return call.statement->kind == Kind::kPoint ? run_point(context, std::move(call))
                                              : run_alone(context, std::move(call));
}

Pool::Time Pool::limit(const Context& context) const {
  const auto time = now();
  if (context.deadline <= time) throw Timeout("the deadline has passed");
  return std::min(context.deadline, time + config_.command_timeout);
}

Task<Rows> Pool::run_point(Context& context, Call call) {
  const DatabaseTime time(context);
  OpenSpan span(context.spans, SpanKind::kStatement, call.statement->name, time.began());
  auto& statement = book_->find(call);
  ++context.statements;
  try {
    const auto until = limit(context);
    runtime::QueueDelay::Stay stay(statement_delay_, time.began());
    bool alone = false;
    for (int tries = 1;; ++tries) {
      Connection* connection = nullptr;
      while ((connection = connections_->shared(now())) == nullptr) {
        co_await connections_->wait_for_shared(until - now());
        span.has_waited();
      }
      if (connection->unanswered() >= config_.max_pipelined)
        throw Overloaded("too many requests wait for the database");
      Reply reply;
      if (alone) connection->sync();
      connection->send(statement, call.parameters, reply);
      if (alone || connection->unsynced() >= config_.max_batch) connection->sync();
      if (!co_await reply.wait(until - now())) throw Timeout("no answer in time");
      stay.served(now());
      if (reply.state() == Reply::State::kRows) {
        co_return take_rows(statement, reply, time.began(), span);
      }
      const auto again = again_or_throw(statement, reply, tries, /*repeatable=*/true, false);
      alone = alone || again == Again::kSkipped;
      co_await before_retry(again, tries);
    }
  } catch (const std::exception& error) {
    count_failure(statement, error, time.began());
    throw;
  }
}

Task<Rows> Pool::run_alone(Context& context, Call call) {
  const DatabaseTime time(context);
  OpenSpan span(context.spans, SpanKind::kStatement, call.statement->name, time.began());
  auto& statement = book_->find(call);
  const bool writes = call.statement->kind == Kind::kWrite;
  ++context.statements;
  try {
    const auto until = limit(context);
    for (int tries = 1;; ++tries) {
      auto lease = co_await connections_->acquire(until - now());
      span.has_waited();
      if (context.cancelled) throw Timeout("nobody waits for the answer any more");
      Reply reply;
      Reply commit;  // a write is committed only when its Sync is answered
      lease->send(statement, call.parameters, reply);
      lease->sync(&commit);
      const bool expired = !co_await settle(context, lease, commit, until);
      if (reply.state() == Reply::State::kRows) {
        if (!writes || commit.state() == Reply::State::kRows) {
          co_return take_rows(statement, reply, time.began(), span);
        }
        if (commit.state() == Reply::State::kRefused) throw_refused(statement.name, commit);
        if (commit.state() == Reply::State::kDoubtful) throw OutcomeUnknown(kNoStandby);
        throw OutcomeUnknown(statement.name + ": the connection was lost while committing");
      }
      const auto again = again_or_throw(statement, reply, tries, !writes, expired);
      co_await before_retry(again, tries);
    }
  } catch (const std::exception& error) {
    if (dynamic_cast<const OutcomeUnknown*>(&error) != nullptr) unknown_outcomes_.increment();
    count_failure(statement, error, time.began());
    throw;
  }
}

// The loss of one connection may be followed by others: the first retry is immediate, later ones
// wait. After a conflict the other transaction needs a moment for the released locks: at once, this
// one may lock the same row first and conflict again.
Task<void> Pool::before_retry(Again reason, int tries) {
  retries_[reason].increment();
  if (reason == Again::kConflict) co_await loop_.sleep(kPauseAfterConflict);
  if (reason == Again::kLost && tries > 1) co_await loop_.sleep(kRetryPause * (1 << tries));
}

std::optional<Again> Pool::may_run_again(const StatementError& error, int tries) {
  return tries < kTriesMax ? why_again(error.sqlstate()) : std::nullopt;
}

Task<bool> Pool::settle(Context& context, Lease& lease, Reply& sync, Time until) {
  {
    const runtime::StopOnCancel hook(context, sync);
    if (co_await sync.wait(until - now())) co_return true;
  }
  const auto patience = now() + config_.cancel_grace;
  // The cancel must be finished before another caller uses the connection.
  const auto cancelled = co_await cancel(lease->backend_pid(), patience);
  if (cancelled == Cancelled::kCommitting) {
    lease.leave_committing();
  } else if (cancelled == Cancelled::kNotReached || !co_await sync.wait(patience - now())) {
    lease->drop("no answer to a cancelled statement");
  }
  co_return false;
}

Task<Pool::Cancelled> Pool::cancel(int backend_pid, Time until) {
  Context context{.deadline = until};
  try {
    const auto sent =
        (co_await run_point(context, call(kCancelBackend, backend_pid))).optional<bool>();
    if (!sent) co_return Cancelled::kNotReached;
    co_return *sent ? Cancelled::kYes : Cancelled::kCommitting;
  } catch (const std::exception&) {
    co_return Cancelled::kNotReached;
  }
}

Task<Transaction> Pool::begin(Context& context, Isolation isolation) {
  const DatabaseTime time(context);
  OpenSpan span(context.spans, SpanKind::kConnection, "connection", time.began());
  auto lease = co_await connections_->acquire(limit(context) - now());
  span.succeeded();
  co_return Transaction(*this, std::move(lease), context, isolation);
}

}  // namespace souk::postgres
