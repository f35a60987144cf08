// One connection to Redis: the commands of one turn of the loop leave in one write, replies come in
// the order of the commands. The reply of a timed-out command is discarded when it arrives.
//
// Threading: loop thread only. Ownership: borrows loop, config and metrics; await closed() before
// it is destroyed. Callers must outlive their command's answer.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <coroutine>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.h"
#include "base/error.h"
#include "redis/config.h"
#include "redis/metrics.h"
#include "redis/protocol.h"
#include "redis/reply.h"
#include "runtime/loop.h"
#include "runtime/scope.h"
#include "runtime/transport.h"

namespace souk::redis {

class Connection final : private runtime::TurnEndHook {
 public:
  using Duration = std::chrono::steady_clock::duration;
  using Time = std::chrono::steady_clock::time_point;

  Connection(runtime::Loop& loop, const ClientConfig& config, Metrics& metrics);
  ~Connection() override;

  // Connects and signs in, within config.connect_timeout; then commands may be sent. Call it once.
  // Errors: unavailable with the reason.
  runtime::Task<Result<>> open();

  // A running command; await it in the expression that created it.
  class [[nodiscard]] Exchange {
   public:
    Exchange(Connection& connection, std::span<const std::string_view> words, Duration timeout)
        : connection_(connection), words_(words), timeout_(timeout) {}
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    bool await_ready() const { return !connection_.usable(); }
    void await_suspend(std::coroutine_handle<> awaiting) {
      awaiting_ = awaiting;
      connection_.send(*this);
    }
    Answer await_resume() { return std::move(answer_); }

   private:
    friend Connection;
    Connection& connection_;
    std::span<const std::string_view> words_;
    Duration timeout_;
    Time deadline_;
    std::coroutine_handle<> awaiting_;
    Answer answer_ = std::unexpected(Unavailable::kAway);
    Exchange* next_ = nullptr;
  };

  // Deadlines must be in order: none earlier than that of the previous command.
  Exchange request(std::span<const std::string_view> words, Duration timeout) {
    return {*this, words, timeout};
  }

  // Commands without a reply, timed-out ones among them.
  std::size_t unanswered() const { return waiting_ + abandoned_; }
  std::size_t unsent_bytes() const { return unsent_.size(); }

  bool usable() const { return state_ == State::kOpen; }
  // Closes the connection: every running command fails as kAway. The first reason counts.
  void lose(std::string reason);
  const std::string& reason() const { return reason_; }
  // Set when it is lost; others may set it to wake the waiter.
  runtime::Event& trouble() { return trouble_; }
  // REQUIRES: lost. Returns when none of its coroutines runs any more.
  runtime::Task<void> closed();

 private:
  enum class State : std::uint8_t { kNew, kOpen, kLost };
  using Endpoint = runtime::Transport::Endpoint;

  runtime::Task<Result<>> sign_in(Time until);
  runtime::Task<Result<>> expect(std::vector<std::string_view> words, std::string_view wanted,
                                 Time until);
  runtime::Task<std::vector<Endpoint>> resolve();
  runtime::Task<bool> connect();
  runtime::Task<Result<>> secure();

  void send(Exchange& exchange);
  void at_turn_end() override;
  void write_some();
  runtime::Task<void> write_when_possible();

  runtime::Task<void> read_replies();
  void take(std::string_view bytes);
  void deliver(Reply reply);
  Exchange& take_first();
  void finish(Exchange& exchange, Answer answer);

  runtime::Task<void> watch_deadlines();
  void wake_watch();
  void abandon_overdue();

  runtime::Loop& loop_;
  const ClientConfig& config_;
  Metrics& metrics_;
  runtime::Transport transport_;
  boost::asio::steady_timer deadline_timer_;
  State state_ = State::kNew;
  std::string reason_;

  Buffer unsent_;
  bool writing_ = false;
  Decoder decoder_;

  // In the order of sending; the abandoned ones precede the first.
  Exchange* first_ = nullptr;
  Exchange* last_ = nullptr;
  std::size_t waiting_ = 0;
  std::size_t abandoned_ = 0;

  Time watch_until_ = Time::max();  // the watch's next look, unless it is woken
  runtime::WaitQueue asked_;
  runtime::Event trouble_;
  runtime::Scope scope_;
};

}  // namespace souk::redis
