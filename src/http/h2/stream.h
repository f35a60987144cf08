// A stream of HTTP/2: an exchange and what its session knows of it.
// Threading: loop thread only. Ownership: the session's, recycled by the protocol.
#pragma once

#include <boost/intrusive/list_hook.hpp>

#include "http/exchange.h"
#include "http/request_head.h"
#include "http/response_fields.h"

namespace souk::http::h2 {

struct Stream final : Exchange, boost::intrusive::list_base_hook<> {
  std::int32_t id = 0;
  // The head.
  RequestHead head;
  Refusal refusal;
  bool expects_continue = false;

  // The body.
  std::uint64_t received = 0;
  std::uint64_t granted = 0;   // the client may send so much in all
  std::size_t reserved = 0;    // of the connection's memory for gathered bodies
  bool awaits_memory = false;  // a reservation did not fit

  // The response.
  ResponseFields response_fields;
  std::string_view unsent;       // of the body, or of a stream's piece
  Buffer piece;                  // what `unsent` is part of, for a stream
  std::uint64_t left = 0;        // bytes to come of a stream of known length
  std::size_t unsent_heads = 0;  // submitted and not yet in the output
  bool is_stream = false;
  bool finished = false;  // nothing follows `unsent`

  enum class State : std::uint8_t {
    kHead,     // its head is arriving
    kWaiting,  // for next()
    kRunning,  // next() has handed it out
    kEnded,    // the exchange has ended; the stream not yet
  };
  State state = State::kHead;
  bool remote_ended = false;
  bool closed = false;  // nghttp2 does not know it any more

  // For another request; keeps memory.
  void reset();
  bool is_live() const { return state == State::kWaiting || state == State::kRunning; }
  // Everything of the response is in the output.
  bool is_sent() const { return finished && unsent.empty() && unsent_heads == 0; }
};

}  // namespace souk::http::h2
