// HTTP/1.1 (RFC 9112) as a session: hands out requests one at a time, in the order received, and
// parses the next when the last has been answered. Between requests it holds no buffers: it borrows
// a Workspace from its protocol while there is input or output.
//
// Threading: loop thread only. Ownership: borrows its protocol, which outlives it.
#pragma once

#include <vector>

#include "base/clock.h"
#include "http/date_cache.h"
#include "http/h1/read_times.h"
#include "http/h1/request_parser.h"
#include "http/h1/response_writer.h"
#include "http/metrics.h"
#include "http/server_config.h"
#include "http/session.h"

namespace souk::http::h1 {

// An unread body up to this size is read and discarded, to keep the connection. A larger one ends
// the connection: closing costs less than reading.
inline constexpr std::size_t kMaxDiscardedBytes = 64 * 1024;

// Memory that a session needs only during a request.
struct Workspace {
  explicit Workspace(const Limits& limits) : parser(limits) {}

  Buffer in;
  Output out;
  RequestParser parser;
  Exchange exchange;
  ReadTimes reads;
};

class Protocol final : public http::Protocol {
 public:
  // All outlive it.
  Protocol(const ServerConfig& config, Metrics& metrics, const Clock& clock);

  std::unique_ptr<http::Session> open() override;
  // The serialised response for a connection refused because of a limit.
  Buffer refuse(Response response);

 private:
  friend class Session;

  std::unique_ptr<Workspace> take_workspace();
  void give_back(std::unique_ptr<Workspace> workspace);

  const ServerConfig& config_;
  Metrics& metrics_;
  DateCache date_;
  Limits limits_;
  std::vector<std::unique_ptr<Workspace>> workspaces_;
};

class Session final : public http::Session {
 public:
  explicit Session(Protocol& protocol) : protocol_(protocol) {}
  ~Session() override { rest(); }

  bool takes_input() const override;
  std::span<char> input() override;
  void received(std::size_t bytes, Time at) override;
  void input_ended() override;
  Exchange* next() override;
  bool is_full() const override { return work_ && work_->out.full(); }
  void body_wanted(Exchange& exchange) override;
  bool respond(Exchange& exchange) override;
  bool takes_piece(const Exchange&) const override { return work_->out.empty(); }
  bool send_piece(Exchange& exchange, std::string_view piece) override;
  bool finish(Exchange& exchange) override;
  bool abandon(Exchange&) override { return false; }
  Output* pending() override { return work_ ? &work_->out : nullptr; }
  Phase phase() const override;
  bool closing() const override { return closing_; }
  void drain(Time) override { draining_ = true; }
  bool drained() const override { return draining_ && phase() == Phase::kIdle; }
  std::string_view http2_preface() const override {
    return preface_ ? work_->in.view() : std::string_view();
  }
  void late() override;
  void rest() override;

 private:
  Exchange* begin_exchange();
  void end_exchange();
  void start_next();
  void read_body();
  bool discard_body();
  bool keeps_alive(const Exchange& exchange) const;
  void drop_served();
  void write_head(const Response& response, const Exchange* exchange);
  bool is_http2_preface() const;
  void refuse(Refusal refusal);

  Protocol& protocol_;
  std::unique_ptr<Workspace> work_;
  std::uint64_t left_ = 0;  // bytes to come of a stream of known length
  BodyFraming framing_ = BodyFraming::kNone;
  bool busy_ = false;           // an exchange is in progress
  bool parsed_ = true;          // between exchanges: the input has no complete head
  bool continue_sent_ = false;  // 100 (Continue) was sent
  bool answered_ = false;       // the head of the response has been written
  bool discarding_ = false;     // the rest of the last request's body
  bool closing_ = false;
  bool draining_ = false;
  bool input_ended_ = false;  // the client has ended its side
  bool first_ = true;         // no request has arrived yet
  bool preface_ = false;      // the client speaks HTTP/2
};

}  // namespace souk::http::h1
