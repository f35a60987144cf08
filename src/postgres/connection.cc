#include "postgres/connection.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/parse.h"
#include "postgres/errors.h"
#include "runtime/await.h"

namespace souk::postgres {
namespace {

using boost::asio::posix::descriptor_base;

constexpr std::string_view kUnknownStatement = "26000";  // invalid_sql_statement_name
constexpr std::string_view kStalePlan = "0A000";  // "cached plan must not change result type"
// A reply's entries in the queue: deallocate a stale plan, prepare, execute.
constexpr std::uint64_t kEntriesPerReplyMax = 3;
// Answered entries are removed from the queue when there are this many and they are the majority.
constexpr std::size_t kCompactAfter = 1'024;

class ConnectTimer final : public runtime::TimerWheel::Timer {
 public:
  explicit ConnectTimer(Connection& connection) : connection_(connection) {}
  void on_timer() override { connection_.drop("no answer within connect_timeout"); }

 private:
  Connection& connection_;
};

bool ends_session(const PGresult* result) {
  const char* const severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  return severity != nullptr &&
         (std::string_view(severity) == "FATAL" || std::string_view(severity) == "PANIC");
}

std::string primary_message(const PGresult* result) {
  const char* const message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  return message == nullptr ? "the server ended the session" : message;
}

}  // namespace

Connection::Connection(runtime::Loop& loop, const PoolConfig& config)
    : loop_(loop), config_(config), descriptor_(loop.io()), writing_(loop) {}

Connection::~Connection() {
  SOUK_ASSERT(unanswered() == 0);
  if (descriptor_.is_open()) descriptor_.release();  // libpq closes it
}

runtime::Task<void> Connection::connect() {
  ConnectTimer timer(*this);
  loop_.arm(timer, config_.connect_timeout);
  session_ = start_session(config_);
  if (!session_) throw Unavailable("no memory for a connection");
  PQsetNoticeReceiver(session_.get(), &Connection::on_notice, this);
  auto step =
      PQstatus(session_.get()) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (step == PGRES_POLLING_READING || step == PGRES_POLLING_WRITING) {
    co_await wait_for_socket(step);
    if (phase_ == Phase::kGone) throw Unavailable(loss_);
    step = PQconnectPoll(session_.get());
  }
  if (step != PGRES_POLLING_OK) throw Unavailable(session_error(session_.get()));
  if (PQsetnonblocking(session_.get(), 1) != 0) throw Unavailable(session_error(session_.get()));
  co_await set_up();
  if (PQenterPipelineMode(session_.get()) != 1) throw Unavailable(session_error(session_.get()));
  if (!farewell_.empty()) throw Unavailable(farewell_);
  descriptor_.assign(PQsocket(session_.get()));
  phase_ = Phase::kAlive;
}

// libpq may replace its socket between two steps, so each wait registers it anew.
runtime::Task<void> Connection::wait_for_socket(PostgresPollingStatusType direction) {
  descriptor_.assign(PQsocket(session_.get()));
  co_await descriptor_.async_wait(
      direction == PGRES_POLLING_READING ? descriptor_base::wait_read : descriptor_base::wait_write,
      runtime::await);
  if (descriptor_.is_open()) descriptor_.release();
}

// One round trip; any refusal makes the connection fail.
runtime::Task<void> Connection::set_up() {
  auto* const session = session_.get();
  bool open = PQsendQuery(session, session_sql(config_).c_str()) == 1;
  while (open) {
    const int left = PQflush(session);
    while (PQisBusy(session) == 0) {
      const ResultPtr result(PQgetResult(session));
      if (!result) co_return;
      if (PQresultStatus(result.get()) == PGRES_FATAL_ERROR) {
        throw Unavailable(session_error(session));
      }
      if (PQntuples(result.get()) == 1) {
        backend_pid_ = static_cast<int>(parse_integer(PQgetvalue(result.get(), 0, 0)).value_or(0));
      }
    }
    co_await wait_for_socket(left > 0 ? PGRES_POLLING_WRITING : PGRES_POLLING_READING);
    if (phase_ == Phase::kGone) throw Unavailable(loss_);
    open = left >= 0 && PQconsumeInput(session) == 1;
  }
  throw Unavailable(session_error(session));
}

runtime::Task<void> Connection::serve() {
  while (alive()) {
    const auto error = co_await descriptor_.async_wait(descriptor_base::wait_read, runtime::await);
    if (!alive()) break;
    if (error) {
      drop(error.message());
    } else {
      read();
    }
  }
  co_await writing_.join();
}

void Connection::drop(std::string_view reason) {
  if (phase_ == Phase::kGone) return;
  phase_ = Phase::kGone;
  loss_ = reason;
  loop_.cancel(*this);
  // At once: libpq may have closed the socket, and its number may be reused.
  if (descriptor_.is_open()) descriptor_.release();
  last_progress_ = std::chrono::steady_clock::now();
  for (; unanswered() > 0; pop()) answer(front(), Reply::State::kLost, nullptr);
}

void Connection::send(const StatementEntry& statement, const Parameters& parameters, Reply& reply) {
  reply.attach(*this, loop_, next_number());
  if (alive()) prepare(statement, reply);
  if (alive()) {
    const auto wire = parameters.wire();
    pushed(PQsendQueryPrepared(session_.get(), statement.name.c_str(), wire.count,
                               wire.values.data(), wire.lengths.data(), wire.formats,
                               /*resultFormat=*/1),
           {Pending::Kind::kStatement, &reply, &statement});
  }
  refuse_unsent(reply);
}

void Connection::prepare(const StatementEntry& statement, Reply& reply) {
  if (preparations_.size() <= statement.index) preparations_.resize(statement.index + 1);
  auto& preparation = preparations_[statement.index];
  if (preparation.number != 0) return;
  if (std::exchange(preparation.stale, false)) {
    const auto sql = fmt::format("DEALLOCATE \"{}\"", statement.name);
    pushed(PQsendQueryParams(session_.get(), sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 1),
           {Pending::Kind::kStatement, nullptr, nullptr});
    if (!alive()) return;
  }
  preparation.number = next_number();
  pushed(PQsendPrepare(session_.get(), statement.name.c_str(), statement.sql.c_str(),
                       static_cast<int>(statement.types.size()), statement.types.data()),
         {Pending::Kind::kPrepare, &reply, &statement});
}

void Connection::control(const char* sql, Reply& reply) {
  reply.attach(*this, loop_, next_number());
  const bool commits = std::string_view(sql) == "COMMIT";
  if (alive()) {
    pushed(PQsendQueryParams(session_.get(), sql, 0, nullptr, nullptr, nullptr, nullptr, 1),
           {commits ? Pending::Kind::kCommit : Pending::Kind::kStatement, &reply, nullptr});
  }
  refuse_unsent(reply);
}

void Connection::refuse_unsent(Reply& reply) {
  if (alive() || reply.state() != Reply::State::kPending) return;
  reply.complete(Reply::State::kUnsent, nullptr, std::chrono::steady_clock::now());
}

void Connection::sync(Reply* reply) {
  if (reply != nullptr) reply->attach(*this, loop_, next_number());
  if (alive() && (unsynced_ > 0 || reply != nullptr)) {
    unsynced_ = 0;
    pushed(PQpipelineSync(session_.get()), {Pending::Kind::kSync, reply, nullptr});
  }
  if (reply != nullptr) refuse_unsent(*reply);
}

void Connection::pushed(int accepted, Pending entry) {
  if (accepted != 1) return look_after(/*open=*/false);
  if (unanswered() == 0) last_progress_ = std::chrono::steady_clock::now();
  queue_.push_back(entry);
  if (entry.kind != Pending::Kind::kSync) ++unsynced_;
  loop_.at_turn_end(*this);
  if (PQstatus(session_.get()) == CONNECTION_BAD) look_after(/*open=*/false);
}

void Connection::at_turn_end() {
  sync();
  if (alive()) flush();
}

void Connection::flush() {
  const int left = PQflush(session_.get());
  look_after(left >= 0);
  if (alive() && left > 0 && writing_.active() == 0) writing_.spawn(write_rest());
}

runtime::Task<void> Connection::write_rest() {
  for (int left = 1; alive() && left > 0;) {
    co_await descriptor_.async_wait(descriptor_base::wait_write, runtime::await);
    if (!alive()) co_return;
    left = PQflush(session_.get());
    look_after(left >= 0);
  }
}

void Connection::read() {
  last_progress_ = std::chrono::steady_clock::now();
  look_after(PQconsumeInput(session_.get()) == 1);
}

// After any call that may have made libpq read, including a write that found the socket full or
// broken.
void Connection::look_after(bool open) {
  take_results();  // the server may have sent its reason
  if (!open || PQstatus(session_.get()) == CONNECTION_BAD) drop(session_error(session_.get()));
}

void Connection::take_results() {
  // Called even without pending messages: libpq then processes notices and parameters.
  while (alive() && PQisBusy(session_.get()) == 0 && unanswered() > 0) {
    ResultPtr result(PQgetResult(session_.get()));
    if (result) {
      on_result(std::move(result));
    } else if (front().answered) {
      pop();  // the null result after a statement's results
    } else {
      return;
    }
  }
  if (!farewell_.empty()) drop(farewell_);
}

// When the server ends an idle session, libpq reports its message as a notice.
void Connection::on_notice(void* connection, const PGresult* notice) {
  auto& self = *static_cast<Connection*>(connection);
  if (ends_session(notice)) self.farewell_ = primary_message(notice);
  if (self.doubts_commit(notice)) self.doubtful_ = true;
}

// A commit that was cancelled while waiting for its standby succeeds with a warning. After a
// statement of its own transaction the warning may be read before the statement's result is taken,
// so it is recognised by its source there; a COMMIT gets no other warnings.
bool Connection::doubts_commit(const PGresult* notice) {
  const char* const severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
  if (severity == nullptr || std::string_view(severity) != "WARNING") return false;
  const char* const source = PQresultErrorField(notice, PG_DIAG_SOURCE_FILE);
  return (source != nullptr && std::string_view(source) == "syncrep.c") ||
         (unanswered() > 0 && front().kind == Pending::Kind::kCommit);
}

void Connection::on_result(ResultPtr result) {
  auto& entry = front();
  const bool is_sync = entry.kind == Pending::Kind::kSync;
  switch (PQresultStatus(result.get())) {
    case PGRES_PIPELINE_SYNC:
      if (!is_sync) return drop("an answer out of order");
      answer(entry, settled_state(), nullptr);
      return pop();
    case PGRES_FATAL_ERROR:
      return on_error(entry, std::move(result));
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK:
    case PGRES_EMPTY_QUERY:
      entry.answered = true;
      if (entry.kind == Pending::Kind::kStatement) {
        answer(entry, Reply::State::kRows, std::move(result));
      } else if (entry.kind == Pending::Kind::kCommit) {
        answer(entry, settled_state(), std::move(result));
      }
      return;
    case PGRES_PIPELINE_ABORTED:
      entry.answered = true;
      if (entry.kind == Pending::Kind::kPrepare) {
        forget_preparation(*entry.statement, front_number(), /*stale=*/false);
      }
      return answer(entry, Reply::State::kSkipped, std::move(result));
    default:
      return drop("an answer that only COPY gives");
  }
}

Reply::State Connection::settled_state() {
  return std::exchange(doubtful_, false) ? Reply::State::kDoubtful : Reply::State::kRows;
}

void Connection::on_error(Pending& entry, ResultPtr result) {
  const char* const sqlstate = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
  if (sqlstate == nullptr) return drop(session_error(session_.get()));  // libpq's own
  if (ends_session(result.get())) {
    const auto reason = primary_message(result.get());
    answer(entry, Reply::State::kKilled, std::move(result));
    return drop(reason);
  }
  entry.answered = entry.kind != Pending::Kind::kSync;  // a Sync is still to be answered
  if (entry.statement != nullptr) {
    const bool stale = sqlstate == kStalePlan;
    if (entry.kind == Pending::Kind::kPrepare || sqlstate == kUnknownStatement || stale) {
      forget_preparation(*entry.statement, front_number(), stale);
    }
  }
  answer(entry, Reply::State::kRefused, std::move(result));
}

// No effect if it was prepared again since entry `number`.
void Connection::forget_preparation(const StatementEntry& statement, std::uint64_t number,
                                    bool stale) {
  auto& preparation = preparations_[statement.index];
  if (preparation.number == 0 || preparation.number > number) return;
  preparation = {.number = 0, .stale = stale};
}

void Connection::answer(Pending& entry, Reply::State state, ResultPtr result) {
  if (entry.reply == nullptr) return;
  Reply& reply = *entry.reply;
  forget(reply);
  reply.complete(state, std::move(result), last_progress_);
}

void Connection::forget(const Reply& reply) {
  const auto end = std::min(reply.first_ + kEntriesPerReplyMax, next_number());
  for (auto number = std::max(reply.first_, front_number()); number < end; ++number) {
    auto& entry = queue_[head_ + (number - front_number())];
    if (entry.reply == &reply) entry.reply = nullptr;
  }
}

void Connection::pop() {
  ++popped_;
  ++head_;
  if (head_ == queue_.size()) {
    queue_.clear();
    head_ = 0;
  } else if (head_ >= kCompactAfter && head_ > queue_.size() / 2) {
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
}

bool Connection::quiet() const {
  return alive() && unanswered() == 0 && PQtransactionStatus(session_.get()) == PQTRANS_IDLE;
}

}  // namespace souk::postgres
