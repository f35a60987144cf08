// One libpq connection in pipeline mode. Statements sent in one turn of the loop leave at its end,
// in one write and with one Sync; answers come in the order of sending.
//
// Threading: loop thread only. Ownership: borrows loop and config; borrows each reply until it is
// answered or destroyed. serve() ends before the connection is destroyed.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "postgres/connect.h"
#include "postgres/reply.h"
#include "postgres/statement_book.h"
#include "runtime/loop.h"
#include "runtime/scope.h"

namespace souk::postgres {

class Connection final : private runtime::TurnEndHook {
 public:
  using Time = std::chrono::steady_clock::time_point;

  Connection(runtime::Loop& loop, const PoolConfig& config);
  ~Connection() override;

  // Throws Unavailable, also when there is no answer within connect_timeout or after drop().
  runtime::Task<void> connect();
  // Reads until the connection is lost or dropped.
  runtime::Task<void> serve();
  // Closes it now: unanswered statements are lost.
  void drop(std::string_view reason);

  // Sends a statement, preparing it first if this connection has not. If the connection is closed,
  // the reply is kUnsent at once.
  void send(const StatementEntry& statement, const Parameters& parameters, Reply& reply);
  // BEGIN, COMMIT, ROLLBACK, ...
  void control(const char* sql, Reply& reply);
  // Ends the batch with a Sync: later statements are not skipped or undone by an earlier refusal. A
  // statement outside a transaction is committed only when its Sync is answered: kRefused when the
  // commit failed, kDoubtful when no standby has it.
  void sync(Reply* reply = nullptr);

  bool alive() const { return phase_ == Phase::kAlive; }
  // Everything is answered and no transaction is open: ready for the next user.
  bool quiet() const;
  // Unanswered messages.
  std::size_t unanswered() const { return queue_.size() - head_; }
  // Statements sent since the last Sync.
  std::size_t unsynced() const { return unsynced_; }
  // Since when an answer is outstanding; Time::max() when none is.
  Time silent_since() const { return unanswered() == 0 ? Time::max() : last_progress_; }
  // The pid of the server's backend, also behind a pooler.
  int backend_pid() const { return backend_pid_; }
  const std::string& loss() const { return loss_; }

 private:
  friend Reply;
  enum class Phase : std::uint8_t { kConnecting, kAlive, kGone };
  struct Pending {
    enum class Kind : std::uint8_t { kPrepare, kStatement, kCommit, kSync };
    Kind kind;
    Reply* reply;                     // null: no longer awaited
    const StatementEntry* statement;  // null: a control or a Sync
    bool answered = false;
  };
  struct Preparation {
    std::uint64_t number = 0;  // of the entry that prepares it; 0: not prepared
    bool stale = false;        // must be deallocated before it is prepared again
  };

  runtime::Task<void> wait_for_socket(PostgresPollingStatusType direction);
  runtime::Task<void> set_up();
  void at_turn_end() override;
  void flush();
  runtime::Task<void> write_rest();
  void read();
  void look_after(bool open);
  void take_results();
  static void on_notice(void* connection, const PGresult* notice);
  bool doubts_commit(const PGresult* notice);
  void on_result(ResultPtr result);
  Reply::State settled_state();
  void on_error(Pending& entry, ResultPtr result);
  void answer(Pending& entry, Reply::State state, ResultPtr result);
  void forget_preparation(const StatementEntry& statement, std::uint64_t number, bool stale);

  void prepare(const StatementEntry& statement, Reply& reply);
  // Records a message accepted by libpq; otherwise drops the connection.
  void pushed(int accepted, Pending entry);
  void refuse_unsent(Reply& reply);
  void pop();
  Pending& front() { return queue_[head_]; }
  std::uint64_t front_number() const { return popped_ + 1; }
  std::uint64_t next_number() const { return popped_ + unanswered() + 1; }
  void forget(const Reply& reply);

  runtime::Loop& loop_;
  const PoolConfig& config_;
  Session session_;
  boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> descriptor_;
  runtime::Scope writing_;
  Phase phase_ = Phase::kConnecting;
  int backend_pid_ = 0;
  std::string loss_;
  bool doubtful_ = false;  // the next commit may not be durable
  std::string farewell_;   // why the server ended an idle session

  std::vector<Pending> queue_;  // from head_ on: unanswered messages, in order
  std::size_t head_ = 0;
  std::uint64_t popped_ = 0;  // entries answered so far; the front's number is one more
  std::size_t unsynced_ = 0;
  Time last_progress_{};
  std::vector<Preparation> preparations_;  // by StatementEntry::index
};

}  // namespace souk::postgres
