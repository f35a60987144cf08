// One TCP connection of a server: moves bytes between its socket and its session, chooses the
// session's protocol, and closes on the client's end, a time-out or a drain, whichever is first.
//
// Threading: loop thread only. Ownership: borrows its ConnectionHost and transport, which outlive
// it.
#pragma once

#include <boost/intrusive/list.hpp>
#include <coroutine>
#include <memory>

#include "http/server/exchange_runner.h"
#include "http/server/protocols.h"
#include "runtime/timer_wheel.h"
#include "runtime/transport.h"

namespace souk::http {

// Shared by the connections of one worker.
struct ConnectionHost {
  runtime::Loop& loop;
  const ServerConfig& config;
  Dispatcher& dispatcher;
  Protocols& protocols;
  bool draining = false;     // clients are told to open no more requests
  bool notice_over = false;  // then: idle connections are closed
};

class Connection final : public boost::intrusive::list_base_hook<>,
                         private runtime::TimerWheel::Timer,
                         private ExchangeRunner::Carrier {
 public:
  // The transport is connected, its TLS handshake done.
  Connection(ConnectionHost& host, runtime::Transport& transport, const Peer& peer);
  ~Connection() override = default;

  // Ends with the connection; does not throw. Call it once.
  runtime::Task<void> run();

  // The host drains: the connection ends after its next response, or idle when the notice is over.
  void drain();
  // Closes the connection as soon as its handlers have ended.
  void cut();
  bool was_cut() const { return cut_; }

 private:
  using Time = runtime::TimerWheel::Time;

  // The main loop: read, start the requests that arrived, write, wait.
  runtime::Task<void> serve();
  void read();
  bool can_read() const { return !input_ended_ && session_->takes_input(); }
  void start_exchanges();
  bool switch_to_http2();
  bool has_ended() const;

  // Writes what is pending, or as much as is fair in one turn. False: the socket accepts no more
  // for now.
  bool send();
  bool is_sending() const;

  // Ending.
  void lose();
  void abort() override { lose(); }
  runtime::Task<void> linger();
  runtime::Task<void> join();

  // Waiting until wake(), a time-out or socket readiness.
  struct Sleep;
  void prepare_to_sleep();
  void wake() override;
  void wake_now();
  void await_readable();
  void await_writable();
  void await_reset();
  void set_timer();
  Time next_due() const;
  void on_timer() override;
  void handle_timeout();

  ConnectionHost& host_;
  std::unique_ptr<Session> session_;
  runtime::Transport& transport_;
  ExchangeRunner runner_;
  std::coroutine_handle<> sleeper_;

  Time input_due_ = Time::max();  // for the rest of a head, or for the next request
  Time write_due_ = Time::max();
  Time head_since_{};
  std::size_t head_bytes_ = 0;               // received since
  std::size_t turn_bytes_ = 0;               // received without a pause for others
  Time read_at_{};                           // in this turn
  std::chrono::nanoseconds read_waited_{0};  // what was read then, in the kernel
  Time armed_due_ = Time::max();
  Session::Phase timed_phase_ = Session::Phase::kBusy;
  std::size_t timed_served_ = 0;
  std::uint64_t sent_bytes_ = 0;
  std::uint64_t write_mark_ = 0;  // sent_bytes_ when write_due_ was set

  bool gone_ = false;         // the client has disconnected, or is to be
  bool silent_ = false;       // the idle time-out has passed
  bool input_ended_ = false;  // the client has ended its side
  bool drained_ = true;       // the last read emptied the socket's buffer
  bool again_ = false;        // more exchanges may be startable
  bool late_ = false;
  bool cut_ = false;
  bool reading_ = false;  // these: a wait is registered
  bool writing_ = false;
  bool watching_ = false;
};

}  // namespace souk::http
