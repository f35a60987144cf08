// One connection's protocol without its socket (sans-I/O): bytes in, requests out; responses in,
// bytes out. A session does no I/O, starts no coroutine and reads no clock. The owner of the socket
// (server/) reads into input(), runs the exchanges of next(), answers in any order and writes what
// is pending(). Time-outs, draining, back-pressure and cutting are the server's, once for every
// protocol.
//
//   while (more) { n = read(session.input()); session.received(n, now()); }
//   while (auto* exchange = session.next()) { ... session.respond(*exchange); }
//   write(session.pending());
//
// Threading: loop thread only. Ownership: owns its exchanges and its pending output.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "http/exchange.h"
#include "http/output.h"

namespace souk::http {

class Session {
 public:
  // What the session waits for; it determines the time-out.
  enum class Phase : std::uint8_t {
    kIdle,  // nothing: no request has begun
    kHead,  // the rest of a request's head, or of a body being discarded
    kBusy,  // the responses to the exchanges it has handed out
  };
  using Time = std::chrono::steady_clock::time_point;

  Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  virtual ~Session() = default;

  // Whether input() has room now.
  virtual bool takes_input() const = 0;
  // The room for input. REQUIRES: takes_input().
  virtual std::span<char> input() = 0;
  // `bytes` of input() were filled by a read at that time.
  virtual void received(std::size_t bytes, Time at) = 0;
  // The client has ended its side of the connection. It may still read.
  virtual void input_ended() = 0;

  // The next request whose head has arrived; answer it with respond(). Null: none for now. Its time
  // of arrival is that of the read that brought its first byte.
  virtual Exchange* next() = 0;
  // A reader has asked for an exchange's body, or taken some of it.
  virtual void bodies_wanted() = 0;

  // Takes the exchange's response. True for a stream: its pieces follow by send_piece(), then
  // finish(). Otherwise the exchange has ended.
  virtual bool respond(Exchange& exchange) = 0;
  // False when a stream differs from its announced length: the connection must then be closed
  // without an end of body, so that the client cannot mistake the part for the whole.
  virtual bool send_piece(Exchange& exchange, std::string_view piece) = 0;
  // Ends the exchange. False as for send_piece().
  virtual bool finish(Exchange& exchange) = 0;

  // The output to send; null or empty: nothing for now.
  virtual Output* pending() = 0;

  virtual Phase phase() const = 0;
  // The connection must be closed when all pending output is sent.
  virtual bool closing() const = 0;
  // Takes no exchanges beyond the present ones.
  virtual void drain() = 0;
  // The wait of phase() has timed out.
  virtual void late() = 0;
  // Releases memory that only a busy session needs. REQUIRES: idle, nothing pending.
  virtual void rest() = 0;
  // When pending() must be called next without a new event.
  virtual std::optional<Time> due() const { return std::nullopt; }
};

// Creates the sessions of one worker.
class Protocol {
 public:
  Protocol() = default;
  Protocol(const Protocol&) = delete;
  Protocol& operator=(const Protocol&) = delete;
  virtual ~Protocol() = default;

  virtual std::unique_ptr<Session> open() = 0;
  // The serialised response for a connection refused because of a limit.
  virtual Buffer refuse(Response response) = 0;
};

}  // namespace souk::http
