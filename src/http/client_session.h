// A client connection's protocol without its socket (sans-I/O): requests in, bytes out; bytes in,
// answers out. The load tester drives thousands of them on one thread.
//
//   session.send(tag, request);  write(session.pending());  session.sent(n);
//   if (!session.received(bytes)) close();
//
// Threading: one thread. Ownership: owns unsent and incomplete messages; borrows its Answers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/outgoing_request.h"

namespace souk::http {

class ClientSession {
 public:
  using Tag = std::uint32_t;  // the caller's name of a request, unique among those in progress

  struct Answer {
    Tag tag;
    int status;
    std::string_view body;  // valid during the call
  };
  class Answers {
   public:
    Answers() = default;
    Answers(const Answers&) = delete;
    Answers& operator=(const Answers&) = delete;
    virtual ~Answers() = default;
    // Neither may call the session.
    virtual void answered(const Answer& answer) = 0;
    // The server will not answer, but the connection goes on.
    virtual void unanswered(Tag tag) = 0;
  };

  ClientSession() = default;
  ClientSession(const ClientSession&) = delete;
  ClientSession& operator=(const ClientSession&) = delete;
  virtual ~ClientSession() = default;

  // False: the connection takes no further request; close it when none is in progress.
  virtual bool takes_requests() const = 0;
  // Copies what it needs of the request. REQUIRES: takes_requests(); HTTP/1.1: none in progress.
  virtual void send(Tag tag, const OutgoingRequest& request) = 0;
  // Gives a request up. False: only closing the connection does.
  virtual bool abandon(Tag tag) = 0;

  // False: the server has violated the protocol.
  virtual bool received(std::string_view bytes) = 0;
  // The server has closed the connection. False: in the middle of a response.
  virtual bool ended() = 0;

  // Bytes to send, valid until the next call; empty: none for now.
  virtual std::string_view pending() = 0;
  virtual void sent(std::size_t bytes) = 0;
};

}  // namespace souk::http
