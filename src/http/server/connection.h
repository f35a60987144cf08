// One HTTP/1.1 connection of a server: reads requests, has them answered in order, writes the
// responses, and is closed by whichever of client, time-out and drain comes first.
//
// Threading: loop thread only. Ownership: borrows its ConnectionHost, which outlives it. Between
// requests it holds no buffers: those are the host's, lent while there is something in them.
#pragma once

#include <boost/intrusive/list_hook.hpp>
#include <memory>
#include <string>
#include <vector>

#include "http/date_cache.h"
#include "http/dispatcher.h"
#include "http/h1/request_parser.h"
#include "http/h1/response_writer.h"
#include "http/server/output.h"
#include "http/socket.h"
#include "runtime/timer_wheel.h"

namespace souk::http {

// What a connection needs only while a request is on its way.
struct Workspace {
  explicit Workspace(const h1::Limits& limits) : parser(limits) {}

  Buffer in;
  Output out;
  Buffer piece;  // of a stream
  h1::RequestParser parser;
  Exchange exchange;
  bool invited = false;  // to send the body it asked leave for
};

// What the connections of one worker share.
struct ConnectionHost {
  ConnectionHost(runtime::Loop& loop, const ServerConfig& config, Dispatcher& dispatcher);

  std::unique_ptr<Workspace> take_workspace();
  void give_back(std::unique_ptr<Workspace> workspace);

  runtime::Loop& loop;
  const ServerConfig& config;
  Dispatcher& dispatcher;
  DateCache date;
  bool draining = false;

 private:
  h1::Limits limits_;
  std::vector<std::unique_ptr<Workspace>> workspaces_;
};

class Connection final : public boost::intrusive::list_base_hook<>,
                         private runtime::TimerWheel::Timer {
 public:
  Connection(ConnectionHost& host, int fd, const IpAddress& peer);
  ~Connection() override;

  // Ends when the connection has; does not throw. Called once.
  runtime::Task<void> run();

  // The host drains: an idle connection ends now, a busy one with its next response.
  void drain();
  // Ends it, whatever it does, as soon as its handler lets it.
  void cut();
  bool was_cut() const { return cut_; }

 private:
  enum class Wait : std::uint8_t { kNothing, kIdle, kHeader, kBody, kWrite, kLinger };

  // Reading.
  runtime::Task<void> serve();
  IoResult receive();
  bool is_idle() const { return !work_ || work_->in.empty(); }
  void expect_input();
  void end_late();

  // Answering what is in the buffer.
  runtime::Task<void> serve_buffered();
  void begin_request();
  runtime::Task<void> answer_request();
  runtime::Task<void> invite_body();
  void write_head(const Response& response, h1::BodyFraming framing, const Exchange* exchange);
  void refuse(int status, std::string_view detail);
  void discard_served();

  // Writing. After a failure `open_` is false.
  IoResult::Status send_directly();
  runtime::Task<void> flush();
  runtime::Task<void> send_stream(BodyStream& stream, h1::BodyFraming framing);
  runtime::Task<void> send_pieces(BodyStream& stream, h1::BodyFraming framing);
  runtime::Task<void> linger();

  void expect(Wait what, std::chrono::steady_clock::duration bound);
  void on_timer() override;

  ConnectionHost& host_;
  Socket socket_;
  const IpAddress peer_;
  std::unique_ptr<Workspace> work_;
  runtime::TimerWheel::Time due_;
  runtime::TimerWheel::Time armed_due_;
  Wait waiting_for_ = Wait::kNothing;
  std::size_t served_ = 0;
  bool open_ = true;      // false: the client is gone, or is to be
  bool closing_ = false;  // no request after the one that is answered now
  bool waiting_ = false;  // for the socket
  bool timed_out_ = false;
  bool cut_ = false;
  bool drained_ = true;  // of input, as far as the last read could tell
};

}  // namespace souk::http
