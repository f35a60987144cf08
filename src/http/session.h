// One connection's protocol without its transport (sans-I/O): bytes in, requests out; responses in,
// bytes out. It does no I/O, starts no coroutine and reads no clock. server/ runs the exchanges of
// next() concurrently and answers them in any order; time-outs, draining, back-pressure and cutting
// are the server's, once for every protocol.
//
//   while (more) { n = read(session.input()); session.received(n, now()); }
//   while (auto* exchange = session.next()) { ... session.respond(*exchange); }
//   write(session.pending());
//
// Threading: loop thread only. Ownership: a session owns its exchanges and its pending output.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "http/exchange.h"
#include "http/output.h"

namespace souk::http {

// The exchanges of a connection, whatever carries its bytes.
class Exchanges {
 public:
  using Time = std::chrono::steady_clock::time_point;

  Exchanges() = default;
  Exchanges(const Exchanges&) = delete;
  Exchanges& operator=(const Exchanges&) = delete;
  virtual ~Exchanges() = default;

  // The next request whose head has arrived; each one ends by respond(), finish() or abandon().
  // Null: none for now. Its time of arrival is that of the read that brought its first byte.
  virtual Exchange* next() = 0;
  // Whether so much waits to be sent that no more exchanges should be started.
  virtual bool is_full() const = 0;
  // The reader of the exchange's body has asked for it, or has taken some of it.
  virtual void body_wanted(Exchange& exchange) = 0;

  // Takes the exchange's response. False: all of it is taken, and the exchange has ended. True: the
  // pieces of a stream follow by send_piece(), or the rest of the body is sent as the client makes
  // room for it; finish() ends the exchange.
  virtual bool respond(Exchange& exchange) = 0;
  // Whether everything that was taken of this body is sent, or soon to be sent: another piece, or
  // the end, may follow.
  virtual bool takes_piece(const Exchange& exchange) const = 0;
  // Whether only the client's flow control prevents sending.
  virtual bool is_stalled(const Exchange&) const { return false; }
  // REQUIRES: takes_piece(). False when a stream differs from its announced length: abandon it.
  virtual bool send_piece(Exchange& exchange, std::string_view piece) = 0;
  // Ends the exchange. REQUIRES: takes_piece(). False as for send_piece().
  virtual bool finish(Exchange& exchange) = 0;
  // Ends the exchange without an end of its response, so that the client cannot mistake the part
  // for the whole. False: the connection must be closed for that.
  virtual bool abandon(Exchange& exchange) = 0;
};

class Session : public Exchanges {
 public:
  // What the session waits for; it determines the time-out.
  enum class Phase : std::uint8_t {
    kIdle,  // nothing: no request has begun
    kHead,  // the rest of a request's head, or of a body being discarded
    kBusy,  // the responses to the exchanges it has handed out
  };

  // Whether input() has room now.
  virtual bool takes_input() const = 0;
  // The room for input. REQUIRES: takes_input().
  virtual std::span<char> input() = 0;
  // `bytes` of input() were filled by a read at that time.
  virtual void received(std::size_t bytes, Time at) = 0;
  // The client has ended its side of the connection. It may still read.
  virtual void input_ended() = 0;

  // The output to send; null or empty: nothing for now.
  virtual Output* pending() = 0;

  virtual Phase phase() const = 0;
  // The connection must be closed when all pending output is sent.
  virtual bool closing() const = 0;
  // Takes no exchanges beyond the present ones and those that the client sends before it learns of
  // it.
  virtual void drain(Time now) = 0;
  // After drain(): the client expects no more answers, and the connection may be closed.
  virtual bool drained() const = 0;
  // The bytes received so far, where they begin a connection of HTTP/2 and this session speaks
  // another version; input for another session then. Empty: they do not.
  virtual std::string_view http2_preface() const { return {}; }
  // The wait of phase() has timed out.
  virtual void late() = 0;
  // Releases memory that only a busy session needs. REQUIRES: idle, nothing pending.
  virtual void rest() = 0;
  // When elapsed() must be called without a new event.
  virtual std::optional<Time> due() const { return std::nullopt; }
  virtual void elapsed(Time) {}
};

// Creates the sessions of one worker.
class Protocol {
 public:
  Protocol() = default;
  Protocol(const Protocol&) = delete;
  Protocol& operator=(const Protocol&) = delete;
  virtual ~Protocol() = default;

  virtual std::unique_ptr<Session> open() = 0;
};

}  // namespace souk::http
