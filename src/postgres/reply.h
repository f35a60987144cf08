// The answer of one statement.
// Threading: loop thread only. Ownership: lives in the frame of the waiting coroutine; when it is
// destroyed unanswered, the connection discards the answer.
#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "runtime/loop.h"

namespace souk::postgres {

class Connection;

struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultPtr = std::unique_ptr<PGresult, ClearResult>;

class Reply final : private runtime::TimerWheel::Timer {
 public:
  enum class State : std::uint8_t {
    kPending,
    kRows,      // done: take() has the rows
    kRefused,   // the server answered with an error; the connection stays open
    kDoubtful,  // a COMMIT or Sync: done here, with a warning that it may be lost
    kSkipped,   // not run, because an earlier one was refused
    kKilled,    // aborted: the server ended the session
    kLost,      // sent; the connection was lost before an answer
    kUnsent,    // the connection was lost before
  };
  using Time = std::chrono::steady_clock::time_point;

  Reply() = default;
  ~Reply() override;

  State state() const { return state_; }
  ResultPtr take() { return std::move(result_); }
  // A field of the error message; empty if the server sent none.
  std::string_view field(int code) const;
  std::string_view sqlstate() const { return field(PG_DIAG_SQLSTATE); }
  Time answered_at() const { return answered_at_; }
  // Returned or changed. REQUIRES: kRows, before take().
  std::int64_t rows() const;

  // True when it was answered or lost, false when the bound passed first; then wait again or
  // destroy it.
  [[nodiscard]] auto wait(std::chrono::steady_clock::duration bound) {
    struct Waiter {
      Reply& reply;
      std::chrono::steady_clock::duration bound;
      bool await_ready() const noexcept {
        return reply.state_ != State::kPending || bound <= bound.zero();
      }
      void await_suspend(std::coroutine_handle<> awaiting) const {
        reply.awaiting_ = awaiting;
        reply.loop_->arm(reply, bound);
      }
      bool await_resume() const noexcept { return reply.state_ != State::kPending; }
    };
    return Waiter{*this, bound};
  }

  // Ends the wait as if its bound had passed.
  void stop_waiting() {
    cancel();
    wake();
  }

 private:
  friend Connection;
  void attach(Connection& connection, runtime::Loop& loop, std::uint64_t first);
  void complete(State state, ResultPtr result, Time now);
  void wake();
  void on_timer() override { wake(); }

  Connection* connection_ = nullptr;
  runtime::Loop* loop_ = nullptr;
  std::uint64_t first_ = 0;  // number of its first entry in the connection's queue
  State state_ = State::kPending;
  ResultPtr result_;
  Time answered_at_{};
  std::coroutine_handle<> awaiting_;
};

}  // namespace souk::postgres
