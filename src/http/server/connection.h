// One connection of a server: carries bytes between its socket and its session, runs the handlers
// of what the session hands out, and is closed by whichever of client, time-out and drain comes
// first. It knows no protocol.
//
// Threading: loop thread only. Ownership: borrows its ConnectionHost, which outlives it.
#pragma once

#include <boost/intrusive/list.hpp>
#include <coroutine>
#include <memory>

#include "http/dispatcher.h"
#include "http/session.h"
#include "runtime/scope.h"
#include "runtime/timer_wheel.h"
#include "runtime/transport.h"
#include "runtime/wait_queue.h"

namespace souk::http {

// What the connections of one worker share.
struct ConnectionHost {
  runtime::Loop& loop;
  const ServerConfig& config;
  Dispatcher& dispatcher;
  Protocol& protocol;
  bool draining = false;
};

class Connection final : public boost::intrusive::list_base_hook<>,
                         private runtime::TimerWheel::Timer,
                         private BodySource {
 public:
  Connection(ConnectionHost& host, int fd, const IpAddress& peer);
  ~Connection() override = default;

  // Ends when the connection has; does not throw. Called once.
  runtime::Task<void> run();

  // The host drains: an idle connection ends now, a busy one with its next response.
  void drain();
  // Ends it, whatever it does, as soon as its handlers let it.
  void cut();
  bool was_cut() const { return cut_; }

 private:
  using Time = runtime::TimerWheel::Time;

  // One turn after the other: read, start what has arrived, write, wait.
  runtime::Task<void> serve();
  void read();
  bool can_read() const { return !input_ended_ && session_->takes_input(); }
  void start_exchanges();
  bool has_ended() const;

  // One exchange, beside the turns where its handler waits.
  runtime::Task<void> answer(Exchange& exchange);
  runtime::Task<void> send_stream(Exchange& exchange, BodyStream& stream);
  runtime::Task<void> send_pieces(Exchange& exchange, BodyStream& stream);
  void wanted() override { session_->bodies_wanted(); }
  runtime::Task<void> more(IncomingBody& body) override;

  // Writing. False: the socket takes no more for now.
  bool send();
  bool is_sending() const;
  bool is_full() const;
  runtime::Task<void> sent();

  // Ending.
  void lose();
  runtime::Task<void> linger();
  runtime::Task<void> join();

  // Waiting, until wake() or something that was asked for happens.
  struct Sleep;
  void prepare_to_sleep();
  void wake();
  void wake_now();
  void await_readable();
  void await_writable();
  void await_reset();
  void set_timer();
  Time next_due() const;
  void on_timer() override;
  void be_late();

  ConnectionHost& host_;
  const Peer peer_;
  std::unique_ptr<Session> session_;
  runtime::Transport transport_;
  boost::intrusive::list<Exchange> exchanges_;
  runtime::Scope scope_;
  runtime::WaitQueue body_arrived_;
  runtime::WaitQueue sent_;
  std::coroutine_handle<> sleeper_;

  Time input_due_ = Time::max();  // for the rest of a head, or for the next request
  Time write_due_ = Time::max();
  Time armed_due_ = Time::max();
  Session::Phase timed_phase_ = Session::Phase::kBusy;
  std::size_t timed_served_ = 0;
  std::size_t served_ = 0;
  std::uint64_t sent_bytes_ = 0;
  std::uint64_t write_mark_ = 0;  // of sent_bytes_, from which write_due_ counts

  bool gone_ = false;         // the client, or it is to be
  bool silent_ = false;       // no request came in time
  bool input_ended_ = false;  // the client has ended its side
  bool drained_ = true;       // of input, as far as the last read could tell
  bool again_ = false;        // there may be more to start
  bool late_ = false;
  bool cut_ = false;
  bool reading_ = false;  // these wait
  bool writing_ = false;
  bool watching_ = false;
};

}  // namespace souk::http
