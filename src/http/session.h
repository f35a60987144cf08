// One connection's protocol without its socket: bytes in, requests out; responses in, bytes out.
// A session does no I/O, starts nothing and knows no time; whoever has the socket (server/) reads
// into input(), runs what next() hands out, answers in any order and writes what is pending(). What
// has to be the same for every protocol is there too: time-outs, draining, back-pressure, cutting.
//
//   while (more) { n = read(session.input()); session.received(n); }
//   while (auto* exchange = session.next()) { ... session.respond(*exchange); }
//   write(session.pending());
//
// Threading: loop thread only. Ownership: owns its exchanges and what is pending.
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
  // What it waits for, hence which time-out holds.
  enum class Phase : std::uint8_t {
    kIdle,  // nothing: no request has begun
    kHead,  // the rest of a request's head, or of a body that nobody wants
    kBusy,  // the responses to the exchanges it has handed out
  };
  using Time = std::chrono::steady_clock::time_point;

  Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  virtual ~Session() = default;

  // Whether there is room for input now.
  virtual bool takes_input() const = 0;
  // That room. REQUIRES: takes_input().
  virtual std::span<char> input() = 0;
  // So many bytes of the room have been filled.
  virtual void received(std::size_t bytes) = 0;
  // The peer has ended its side of the connection. It may still read.
  virtual void input_ended() = 0;

  // The next request whose head has arrived, to be answered by respond(); null: none for now.
  virtual Exchange* next() = 0;
  // Somebody has asked for an exchange's body, or taken some of it.
  virtual void bodies_wanted() = 0;

  // Takes the exchange's response, but for a stream: true where its pieces are to follow by
  // send_piece(), up to finish(). Otherwise the exchange has ended.
  virtual bool respond(Exchange& exchange) = 0;
  // False where a stream does not keep to the length it said: then the connection is to be cut, so
  // that nobody takes the part for the whole.
  virtual bool send_piece(Exchange& exchange, std::string_view piece) = 0;
  // Ends the exchange. False as above.
  virtual bool finish(Exchange& exchange) = 0;

  // What is to be sent; null or empty: nothing until something happens.
  virtual Output* pending() = 0;

  virtual Phase phase() const = 0;
  // The connection is to be closed when what is pending has been sent.
  virtual bool closing() const = 0;
  // The exchanges there are now are the last.
  virtual void drain() = 0;
  // What phase() is waiting for did not arrive in time.
  virtual void late() = 0;
  // REQUIRES: idle, nothing pending. Gives back what it needs only while it is busy.
  virtual void rest() = 0;
  // When it wants to be asked again by itself for what is pending.
  virtual std::optional<Time> due() const { return std::nullopt; }
};

// Makes the sessions of one worker.
class Protocol {
 public:
  Protocol() = default;
  Protocol(const Protocol&) = delete;
  Protocol& operator=(const Protocol&) = delete;
  virtual ~Protocol() = default;

  virtual std::unique_ptr<Session> open() = 0;
  // The bytes that answer a connection there is no room for.
  virtual Buffer refuse(Response response) = 0;
};

}  // namespace souk::http
