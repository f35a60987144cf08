// Runs the exchanges of one connection: their handlers, the arrival of their bodies, the sending of
// their responses. It depends neither on a protocol nor on what carries the connection's bytes.
//
// Threading: loop thread only. Ownership: borrows its arguments, which outlive it; join() before it
// is destroyed.
#pragma once

#include <boost/intrusive/list.hpp>

#include "http/dispatcher.h"
#include "http/session.h"
#include "runtime/scope.h"
#include "runtime/wait_queue.h"

namespace souk::http {

// The write time-out starts again after each piece of this size.
inline constexpr std::size_t kWriteProgressBytes = 64 * 1024;

// Lets other coroutines on the loop run.
struct Yield {
  runtime::Loop& loop;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> awaiting) const { loop.schedule(awaiting); }
  void await_resume() const noexcept {}
};

class ExchangeRunner {
 public:
  // The connection. Called from coroutines of the loop.
  class Carrier {
   public:
    Carrier() = default;
    Carrier(const Carrier&) = delete;
    Carrier& operator=(const Carrier&) = delete;
    virtual ~Carrier() = default;
    // There is output to send, or input to be read on.
    virtual void wake() = 0;
    // Closes the connection; calls lose() of the runner.
    virtual void abort() = 0;
  };

  ExchangeRunner(runtime::Loop& loop, const ServerConfig& config, Dispatcher& dispatcher,
                 const Peer& peer, Carrier& carrier);

  // Runs each exchange that has arrived to its first suspension. True: there may be more, to be
  // started when other connections had their turn. `read_at`: the read that brought them, if it was
  // just made; `waited`: how long they lay in the kernel before it.
  bool start(Exchanges& exchanges, Exchanges::Time read_at, std::chrono::nanoseconds waited = {});
  // Output was sent: wakes the exchanges that can go on.
  void output_sent();
  // The client has disconnected, or is to be.
  void lose();
  // Further calls of the handlers fail at once with an expired deadline.
  void expire();
  // Waits for all exchanges. REQUIRES: lose() was called.
  runtime::Task<void> join();

  bool is_empty() const { return running_.empty(); }
  // Exchanges started so far.
  std::size_t started() const { return started_; }

 private:
  // One exchange, in the frame of its answer().
  struct Running final : boost::intrusive::list_base_hook<>, BodySource {
    Running(ExchangeRunner& runner, Exchange& exchange);
    ~Running() override;

    void wanted() override { runner.exchanges_->body_wanted(exchange); }
    runtime::Task<void> more(IncomingBody& body) override;
    void changed() override { changes.wake_one(); }
    bool is_over() const { return runner.gone_ || exchange.cancelled; }

    ExchangeRunner& runner;
    Exchange& exchange;
    runtime::WaitQueue changes;  // of the body, or of the room for the response
    bool awaits_room = false;
    // Of the body's time, what its reader has spent on something else than waiting for the client.
    Exchanges::Time last_waited{};
    std::chrono::steady_clock::duration not_waited{};
  };

  runtime::Task<void> answer(Exchange& exchange);
  runtime::Task<void> send_rest(Running& running);
  runtime::Task<void> send_pieces(Running& running);
  runtime::Task<bool> room(Running& running);

  runtime::Loop& loop_;
  const ServerConfig& config_;
  Dispatcher& dispatcher_;
  const Peer peer_;
  Carrier& carrier_;
  Exchanges* exchanges_ = nullptr;
  boost::intrusive::list<Running, boost::intrusive::constant_time_size<false>> running_;
  runtime::Scope scope_;
  std::size_t started_ = 0;
  std::size_t awaiting_room_ = 0;
  bool gone_ = false;
};

}  // namespace souk::http
